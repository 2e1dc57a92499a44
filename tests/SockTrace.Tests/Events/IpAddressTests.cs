using System.Net;
using CsCheck;
using SockTrace.Events;

namespace SockTrace.Tests.Events;

public sealed class IpAddressTests
{
    [Fact]
    public void EveryIPv4AddressReadsAsTheRuntimePrintsIt() =>
        Gen.UInt.Sample(bits =>
        {
            var address = IpAddress.FromIPv4(bits);
            Assert.True(address.IsIPv4);
            Assert.Equal(bits, address.IPv4Bits);
            Assert.Equal(new IPAddress(BitConverter.GetBytes(IPAddress.HostToNetworkOrder((int)bits))).ToString(), address.ToString());
        });

    [Fact]
    public void EveryIPv6AddressReadsAsRfc5952AndLeadsBack() =>
        // Bytes that are often zero, so that runs of zeros of all lengths come up.
        Gen.OneOf(Gen.Const((byte)0), Gen.Byte).Array[16].Sample(bytes =>
        {
            var address = IpAddress.FromBytes(bytes);
            Assert.Equal(IPAddress.Parse(address.ToString()).MapToIPv6(), new IPAddress(bytes));
            // The runtime prints some of these with a dotted quad at the end; RFC 5952 asks for that only where a prefix is known.
            if (!address.IsIPv4 && !new IPAddress(bytes).ToString().Contains('.', StringComparison.Ordinal))
                Assert.Equal(new IPAddress(bytes).ToString(), address.ToString());
        });

    [Theory]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("::1", "::1")]
    [InlineData("::", "::")]
    [InlineData("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]
    [InlineData("2001:0db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1")]
    [InlineData("fe80:0:0:0:0:0:0:0", "fe80::")]
    public void AddressesReadAsUsersWriteThem(string text, string expected) =>
        Assert.Equal(expected, IpAddress.From(IPAddress.Parse(text)).ToString());
}

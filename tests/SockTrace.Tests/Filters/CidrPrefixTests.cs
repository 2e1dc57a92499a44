using System.Net;
using SockTrace.Events;
using SockTrace.Filters;

namespace SockTrace.Tests.Filters;

public sealed class CidrPrefixTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.255.1.2", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.1.2.3/8", "10.9.9.9", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.2", false)]
    [InlineData("0.0.0.0/0", "203.0.113.9", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::/33", "2001:db8:ffff::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("::/0", "::", true)]
    [InlineData("::/0", "10.0.0.1", false)]
    [InlineData("::/80", "10.0.0.1", false)]
    [InlineData("::fffe:0:0/95", "::fffe:10.0.0.1", true)]
    [InlineData("::fffe:0:0/95", "10.0.0.1", false)]
    [InlineData("::ffff:0:0/95", "10.0.0.1", false)]
    [InlineData("::ffff:0:0/96", "10.0.0.1", true)]
    [InlineData("::ffff:10.0.0.0/104", "10.3.4.5", true)]
    [InlineData("::ffff:10.0.0.0/104", "::ffff:11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.0.0.1", true)]
    public void APrefixContainsWhatAgreesInItsBits(string text, string address, bool expected)
    {
        Assert.True(CidrPrefix.TryParse(text, out CidrPrefix prefix, out _));
        Assert.Equal(expected, prefix.Contains(IpAddress.From(IPAddress.Parse(address))));
    }

    [Theory]
    [InlineData("10.0.0.0/40", "'40' is not a number from 0 to 32")]
    [InlineData("2001:db8::/129", "'129' is not a number from 0 to 128")]
    [InlineData("10.0.0.0/-1", "'-1' is not a number from 0 to 32")]
    [InlineData("10.0.0.0/", "'' is not a number from 0 to 32")]
    [InlineData("10.0.0/8", "'10.0.0' is not an IPv4 or IPv6 address")]
    [InlineData("db.example", "'db.example' is not an IPv4 or IPv6 address")]
    [InlineData("", "'' is not an IPv4 or IPv6 address")]
    [InlineData("fe80::1%eth0/64", "'fe80::1%eth0' is not an IPv4 or IPv6 address")]
    public void WhatIsNoPrefixIsQuotedWithWhatWouldBeRight(string text, string expected)
    {
        Assert.False(CidrPrefix.TryParse(text, out _, out string error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }
}

using System.Runtime.InteropServices;
using SockTrace.Diag;
using SockTrace.Events;

namespace SockTrace.Tests.Diag;

/// <summary>What the kernel may answer, and what is made of it.</summary>
public sealed class DiagDatagramTests
{
    private const uint Sequence = 7;
    private const ushort ByFamily = 20, Error = 2, Done = 3;

    private readonly List<DiagSocket> _seen = [];
    private bool _isWhole = true;

    [Fact]
    public void ASocketIsReadAsTheHeaderLaysItOut()
    {
        Assert.False(Read(Message(ByFamily, Socket())));
        Assert.Equal(
            new DiagSocket(IpFamily.IPv4, IpAddress.FromIPv4(0x0A000001), 40000, IpAddress.FromIPv4(0x0A000002), 3306,
                TcpState.TimeWait, DiagSocket.TimeWaitTimer, 59_123_000_000, 1000, 4711, 0x0000000200000001),
            Assert.Single(_seen));
        Assert.True(_seen[0].IsMini);
    }

    [Fact]
    public void AttributesAndPaddingAfterASocketAreSkipped()
    {
        Assert.True(Read([.. Message(ByFamily, [.. Socket(), 5, 0, 8, 0, 1]), 0, 0, 0, .. Message(ByFamily, Socket()), .. Message(Done, [0, 0, 0, 0])]));
        Assert.Equal(2, _seen.Count);
    }

    [Fact]
    public void AnInterruptedDumpIsNotWhole()
    {
        Assert.True(Read([.. Message(ByFamily, Socket()), .. Message(Done, [0, 0, 0, 0], flags: 0x10)]));
        Assert.False(_isWhole);
    }

    [Fact]
    public void AnErrorIsToldByItsName() => Assert.Equal(
        "NETLINK_SOCK_DIAG: cannot dump TCP sockets: no such file or directory (ENOENT)",
        Assert.Throws<DiagException>(() => Read(Message(Error, [.. BitConverter.GetBytes(-2), .. new byte[16]]))).Message);

    [Fact]
    public void AnErrorAtTheEndOfADumpIsOneToo() =>
        Assert.Throws<DiagException>(() => Read(Message(Done, BitConverter.GetBytes(-12))));

    [Fact]
    public void WhatAnotherRequestAskedForIsSkipped()
    {
        Assert.False(Read([.. Message(ByFamily, Socket(), sequence: 6), .. Message(Done, [0, 0, 0, 0], sequence: 6)]));
        Assert.Empty(_seen);
    }

    [Theory]
    [InlineData(71)]
    [InlineData(0)]
    public void ASocketThatIsTooShortIsAnError(int length) =>
        Assert.Throws<DiagException>(() => Read(Message(ByFamily, Socket()[..length])));

    [Theory]
    [InlineData(15)]
    [InlineData(89)]
    [InlineData(uint.MaxValue)]
    public void ALengthThatCannotBeIsAnError(uint length)
    {
        byte[] message = Message(ByFamily, Socket());
        BitConverter.TryWriteBytes(message, length);
        Assert.Throws<DiagException>(() => Read(message));
    }

    private bool Read(byte[] datagram) => DiagDatagram.Read(datagram, Sequence, IpFamily.IPv4, (in DiagSocket socket) => _seen.Add(socket), ref _isWhole);

    private static byte[] Message(ushort type, byte[] payload, ushort flags = 2, uint sequence = Sequence)
    {
        var header = new NetlinkHeader { Length = (uint)(NetlinkHeader.Size + payload.Length), Type = type, Flags = flags, Sequence = sequence };
        return [.. MemoryMarshal.AsBytes(new ReadOnlySpan<NetlinkHeader>(in header)), .. payload];
    }

    /// <summary>Byte by byte, as include/uapi/linux/inet_diag.h has it.</summary>
    private static byte[] Socket() =>
    [
        2, 6, 3, 0, // family, state, timer, retransmits
        0x9C, 0x40, 0x0C, 0xEA, // ports
        10, 0, 0, 1, .. new byte[12], 10, 0, 0, 2, .. new byte[12],
        0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, // interface, cookie
        .. BitConverter.GetBytes(59_123), .. new byte[8], .. BitConverter.GetBytes(1000), .. BitConverter.GetBytes(4711),
    ];
}

using System.Globalization;
using System.Net.Sockets;
using System.Text;
using SockTrace.Proc;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Proc;

public sealed class OpenSocketsTests
{
    [Fact]
    public void SocketsOfAProcessAreFoundByTheirInodes()
    {
        using Socket socket = Traffic.Listen(0);
        string link = new FileInfo($"/proc/self/fd/{socket.Handle}").LinkTarget!;
        ulong inode = ulong.Parse(link.AsSpan("socket:[".Length).TrimEnd(']'), CultureInfo.InvariantCulture);

        var inodes = new List<ulong>();
        OpenSockets.Find("/proc/self/fd", inodes);
        Assert.Contains(inode, inodes);
    }

    [Fact]
    public void AProcessThatIsNoneHasNone()
    {
        var inodes = new List<ulong>();
        OpenSockets.Find("/proc/0/fd", inodes);
        Assert.Empty(inodes);
    }

    [Theory]
    [InlineData("pipe:[7]")]
    [InlineData("/tmp/socket:[7]")]
    [InlineData("socket:[7")]
    [InlineData("socket:[7]/x")]
    [InlineData("socket:[]")]
    public void WhatIsNoSocketIsNone(string link) => Assert.False(OpenSockets.TryParse(Encoding.ASCII.GetBytes(link), out _));
}

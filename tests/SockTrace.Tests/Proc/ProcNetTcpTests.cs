using System.Text;
using SockTrace.Events;
using SockTrace.Proc;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Proc;

public sealed class ProcNetTcpTests
{
    [Fact]
    public void AListenerIsReadWithItsOwnerAndInode()
    {
        ProcSocket socket = Parse(
            "   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   106        0 21410 1 0000000000000000 100 0 0 10 0");

        Assert.Equal(new ProcSocket(IpFamily.IPv4, IpAddress.FromIPv4(0x7F000001), 3306, IpAddress.FromIPv4(0), 0,
            TcpState.Listen, 0, 0, 106, 21410), socket);
    }

    [Fact]
    public void AMiniSocketIsKnownByItsTimer()
    {
        ProcSocket socket = Parse(
            "   7: 0100007F:8D2A 0100007F:0CEA 06 00000000:00000000 03:00001644 00000000     0        0 0 3 0000000000000000");

        Assert.True(socket.IsMini);
        Assert.Equal(TcpState.TimeWait, socket.State);
        Assert.Equal(57_000_000_000, socket.TimerNs);
    }

    [Fact]
    public void IPv6AddressesAreReadWordByWord()
    {
        ProcSocket socket = Parse(
            "   1: B80D01200000000000000000010000AB:1F90 0000000000000000FFFF00000201A8C0:C350 01 00000000:00000000 02:000003E8 00000000  1000        0 99 2 0000000000000000",
            IpFamily.IPv6);

        Assert.Equal("2001:db8::ab00:1", socket.Laddr.ToString());
        Assert.Equal("192.168.1.2", socket.Raddr.ToString());
        Assert.Equal((8080, 50000), (socket.Lport, socket.Rport));
        Assert.False(socket.IsMini);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("   0: 0100007F:0CEA 00000000:0000 FF 00000000:00000000 00:00000000 00000000   106        0 21410 1")]
    [InlineData("   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   106")]
    [InlineData("   0: 0100007F:0CEA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000   106        0 21410 1")]
    [InlineData("   0: 010007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   106        0 21410 1")]
    public void ALineThatIsNotUnderstoodIsNoSocket(string line) =>
        Assert.False(ProcNetTcp.TryParse(Encoding.ASCII.GetBytes(line), IpFamily.IPv4, out _));

    [Theory]
    [InlineData(1)]
    [InlineData(5000)] // more than is read at once
    public void AFileIsReadToItsLastLineHoweverItEnds(int count)
    {
        using var folder = new TempFolder();
        string[] lines = [.. Enumerable.Range(1, count).Select(i =>
            $"{i,4}: 0100007F:{i:X4} 0200007F:0CEA 01 00000000:00000000 00:00000000 00000000  1000        0 {i} 1 0000000000000000 20 4 30 10 -1   ")];
        foreach (string end in (string[])["", "\n", "\nhalf a line", "\n\n"])
        {
            File.WriteAllText(folder.File("tcp"), $"  sl  local_address\n{string.Join('\n', lines)}{end}");
            var sockets = new List<ProcSocket>();
            Assert.Equal(end.Length > 1 ? 1 : 0, ProcNetTcp.Read(folder.File("tcp"), IpFamily.IPv4, sockets));
            Assert.Equal(Enumerable.Range(1, count), sockets.Select(socket => (int)socket.Inode));
        }
    }

    private static ProcSocket Parse(string line, IpFamily family = IpFamily.IPv4)
    {
        Assert.True(ProcNetTcp.TryParse(Encoding.ASCII.GetBytes(line), family, out ProcSocket socket));
        return socket;
    }
}

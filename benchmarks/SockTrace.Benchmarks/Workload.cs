using System.Net;
using System.Runtime.InteropServices;
using SockTrace.Events;

namespace SockTrace.Benchmarks;

/// <summary>Events of short loopback connections, in the order in which the kernel emits them.</summary>
internal static class Workload
{
    /// <summary>Events of one connection, both ends together.</summary>
    public const int EventsPerConnection = 10;

    /// <summary>Both ends' transitions of <paramref name="connections"/> connections, one after the other.</summary>
    public static TcpEvent[] ShortConnections(int connections)
    {
        var events = new List<TcpEvent>(connections * EventsPerConnection);
        for (int i = 0; i < connections; i++)
        {
            ulong client = 0xFFFF_8881_0000_0000 + ((ulong)(i % 64) * 0x1240), server = client + 0x940;
            ulong cookie = 0x50000 + ((ulong)i * 2);
            ushort port = (ushort)(32768 + (i % 28232));
            long now = 1_000_000_000_000 + (i * 30_000L);
            void Add(ulong sock, bool isClient, TcpState old, TcpState @new, int afterNs, bool owner) =>
                events.Add(Event(sock, isClient, cookie, port, now + afterNs, old, @new, owner));

            Add(client, true, TcpState.Close, TcpState.SynSent, 0, true);
            Add(client, true, TcpState.SynSent, TcpState.Established, 9_000, false);
            Add(server, false, TcpState.Listen, TcpState.SynRecv, 9_500, false);
            Add(server, false, TcpState.SynRecv, TcpState.Established, 9_900, false);
            Add(client, true, TcpState.Established, TcpState.FinWait1, 15_000, true);
            Add(server, false, TcpState.Established, TcpState.CloseWait, 16_000, false);
            Add(server, false, TcpState.CloseWait, TcpState.LastAck, 20_000, true);
            Add(client, true, TcpState.FinWait1, TcpState.FinWait2, 21_000, false);
            Add(client, true, TcpState.FinWait2, TcpState.Close, 22_000, false);
            Add(server, false, TcpState.LastAck, TcpState.Close, 23_000, false);
        }
        return [.. events];
    }

    public static byte[] Bytes(TcpEvent[] events) => MemoryMarshal.AsBytes(events.AsSpan()).ToArray();

    private static TcpEvent Event(
        ulong sock, bool isClient, ulong cookie, ushort port, long timeNs, TcpState old, TcpState @new, bool owner) => new()
        {
            TimeNs = (ulong)timeNs,
            Sock = sock,
            Cookie = isClient ? cookie : cookie + 1,
            Laddr = IpAddress.From(IPAddress.Parse(isClient ? "192.168.17.201" : "10.20.0.15")),
            Raddr = IpAddress.From(IPAddress.Parse(isClient ? "10.20.0.15" : "192.168.17.201")),
            Cgroup = 4711,
            BytesSent = @new == TcpState.Close ? 512u : 0,
            BytesReceived = @new == TcpState.Close ? 90_000u : 0,
            Comm = owner ? Comm.From(isClient ? "php-fpm"u8 : "mariadbd"u8) : default,
            Netns = 4026531840,
            Pid = owner ? isClient ? 48_213u : 977u : 0,
            Uid = 33,
            SrttUs = 48,
            Lport = isClient ? port : (ushort)3306,
            Rport = isClient ? (ushort)3306 : port,
            Kind = EventKind.State,
            OldState = old,
            NewState = @new,
            Family = IpFamily.IPv4,
            Flags = (owner ? EventFlags.Owner : 0) | (@new == TcpState.Close ? EventFlags.Totals : 0),
        };
}

using System.Net;
using System.Runtime.InteropServices;
using SockTrace.Events;

namespace SockTrace.Benchmarks;

/// <summary>Events of short loopback connections, in the order in which the kernel emits them.</summary>
internal static class Workload
{
    /// <summary>Events of one connection, both ends together.</summary>
    public const int EventsPerConnection = 10;

    /// <summary>
    /// Both ends' transitions of <paramref name="connections"/> connections, of which
    /// <paramref name="open"/> are open at a time: each opens as another one closes.
    /// </summary>
    public static TcpEvent[] ShortConnections(int connections, int open = 1)
    {
        var events = new List<TcpEvent>(connections * EventsPerConnection);
        for (int i = 0; i < connections + open; i++)
        {
            if (i < connections)
                Open(events, i, open);
            if (i >= open)
                Close(events, i - open, open);
        }
        return [.. events];
    }

    private static void Open(List<TcpEvent> events, int i, int open)
    {
        void Add(bool isClient, TcpState old, TcpState @new, int afterNs, bool owner = false) =>
            events.Add(Event(i, open, isClient, (i * 30_000L) + afterNs, old, @new, owner));

        Add(true, TcpState.Close, TcpState.SynSent, 0, owner: true);
        Add(true, TcpState.SynSent, TcpState.Established, 9_000);
        Add(false, TcpState.Listen, TcpState.SynRecv, 9_500);
        Add(false, TcpState.SynRecv, TcpState.Established, 9_900);
    }

    private static void Close(List<TcpEvent> events, int i, int open)
    {
        void Add(bool isClient, TcpState old, TcpState @new, int afterNs, bool owner = false) =>
            events.Add(Event(i, open, isClient, ((i + open) * 30_000L) + afterNs, old, @new, owner));

        Add(true, TcpState.Established, TcpState.FinWait1, 15_000, owner: true);
        Add(false, TcpState.Established, TcpState.CloseWait, 16_000);
        Add(false, TcpState.CloseWait, TcpState.LastAck, 20_000, owner: true);
        Add(true, TcpState.FinWait1, TcpState.FinWait2, 21_000);
        Add(true, TcpState.FinWait2, TcpState.Close, 22_000);
        Add(false, TcpState.LastAck, TcpState.Close, 23_000);
    }

    public static byte[] Bytes(TcpEvent[] events) => MemoryMarshal.AsBytes(events.AsSpan()).ToArray();

    private static ushort PortOf(int i) => (ushort)(32768 + (i % 28232));

    private static TcpEvent Event(
        int i, int open, bool isClient, long timeNs, TcpState old, TcpState @new, bool owner) => new()
        {
            TimeNs = (ulong)(1_000_000_000_000 + timeNs),
            // The slab gives an address that is free out again.
            Sock = 0xFFFF_8881_0000_0000 + ((ulong)(i % (open + 1)) * 0x1240) + (isClient ? 0 : 0x940ul),
            Cookie = 0x50000 + ((ulong)i * 2) + (isClient ? 0 : 1ul),
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
            Lport = isClient ? PortOf(i) : (ushort)3306,
            Rport = isClient ? (ushort)3306 : PortOf(i),
            Kind = EventKind.State,
            OldState = old,
            NewState = @new,
            Family = IpFamily.IPv4,
            Flags = (owner ? EventFlags.Owner : 0) | (@new == TcpState.Close ? EventFlags.Totals : 0),
        };
}

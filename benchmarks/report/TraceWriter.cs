using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Pipeline;
using SockTrace.Tracking;

namespace SockTrace.ReportBench;

/// <summary>
/// A trace as a busy host makes it: loopback connections to a few hundred destinations, both
/// ends through the real tracker and the real sink, statistics every ten seconds.
/// </summary>
internal static class TraceWriter
{
    private const int Destinations = 300, ConnectionsPerSecond = 1000;
    private const long StatisticsNs = 10_000_000_000, TimeWaitNs = 60_000_000_000;

    private static readonly ushort[] Ports = [3306, 5432, 6379, 443, 80, 8080, 9200, 11211];
    private static readonly string[] Comms = ["php-fpm", "java", "nginx", "shop", "worker", "node", "python3", "cron"];

    /// <param name="path">The file, written anew.</param>
    /// <param name="lines">About so many: thirteen a connection.</param>
    public static void Write(string path, long lines)
    {
        long connections = lines / 13;
        var random = new Random(1);
        WallClock clock = WallClock.Fixed(1_795_434_733_000_000_000);
        using var sink = new NdjsonSink(new OutputWriter(OutputFile.Create(path, force: true), Console.Error.WriteLine, queue: new OutputQueue(waits: true)), clock, new TraceHeader
        {
            Version = "bench",
            Host = "db1",
            BootId = "c1bb4d53-ab66-4dbd-bb93-cb4a2237b95c",
            Kernel = "6.12.0",
            Source = "bpf",
            TimeWait = "measured",
            Filters = "",
            Settings = new NetworkSettings("32768\t60999", "", 60, 2, 131072),
        });
        var tracker = new ConnectionTracker(
            new TrackerOptions { Filter = new TraceFilter(), TimeWait = TimeWaitSight.Functions, Ranges = _ => new PortRange(32768, 60999, []) }, [sink]);
        var batch = new EventBatch();
        var due = new PriorityQueue<TcpEvent, (ulong, long)>();
        long order = 0, malformed = 0, ticks = 0, statistics = 0, begun = 0, nowNs = 1_000_000_000;
        while (begun < connections || due.Count > 0)
        {
            while (begun < connections && (due.Count == 0 || (long)due.Peek().TimeNs >= nowNs))
            {
                foreach (TcpEvent e in Connection(begun++, nowNs, random))
                    due.Enqueue(e, (e.TimeNs, order++));
                nowNs += random.Next(2_000_000_000 / ConnectionsPerSecond);
            }
            TcpEvent next = due.Dequeue();
            // The tracer is stopped when the last connection has closed: some TIME_WAITs have not ended.
            if (begun == connections && (long)next.TimeNs > nowNs + 1_000_000_000)
                break;
            batch.Clear();
            batch.Append([next], ref malformed);
            tracker.Apply(batch);
            long timeNs = (long)next.TimeNs;
            if (timeNs - ticks >= 1_000_000_000)
            {
                tracker.Tick(timeNs, 1_000_000_000);
                ticks = timeNs;
            }
            if (timeNs - statistics >= StatisticsNs)
            {
                tracker.TellStatistics(timeNs, StatisticsNs);
                statistics = timeNs;
            }
        }
        sink.OnEnd(new TraceTotals(nowNs, tracker.Events, tracker.Shown, tracker.Unmatched, 0, 0, 0, 0));
    }

    /// <summary>Both ends' events of one connection, and of the mini-socket that it leaves.</summary>
    private static IEnumerable<TcpEvent> Connection(long i, long atNs, Random random)
    {
        int destination = random.Next(Destinations) * random.Next(Destinations) / Destinations;
        (IpAddress client, IpAddress server) = (IpAddress.FromIPv4(0x0A000001u + (uint)(destination % 3)), IpAddress.FromIPv4(0x0A140000u + (uint)destination));
        (ushort from, ushort to) = ((ushort)(32768 + (i * 7919 % 28232)), Ports[destination % Ports.Length]);
        byte[] comm = System.Text.Encoding.ASCII.GetBytes(Comms[destination % Comms.Length]);
        long connectNs = Around(60_000), establishedNs = Around(3_000_000), closingNs = Around(40_000);

        TcpEvent Of(bool isClient, long afterNs, TcpState old, TcpState @new, bool owner = false) => new()
        {
            TimeNs = (ulong)(atNs + afterNs),
            Sock = 0x10_0000_0000 + ((ulong)i * 2) + (isClient ? 0 : 1ul),
            Cookie = 0x50000 + ((ulong)i * 2) + (isClient ? 0 : 1ul),
            Laddr = isClient ? client : server,
            Raddr = isClient ? server : client,
            Lport = isClient ? (@new == TcpState.SynSent ? (ushort)0 : from) : to,
            Rport = isClient ? to : from,
            Cgroup = 4711,
            BytesSent = @new == TcpState.Close ? (ulong)(i % 5000) : 0,
            BytesReceived = @new == TcpState.Close ? (ulong)(i % 90_000) : 0,
            Comm = owner ? Comm.From(isClient ? comm : "mariadbd"u8) : default,
            Netns = 4026531840,
            Pid = owner ? isClient ? 48_213u : 977u : 0,
            Uid = 33,
            SrttUs = (uint)(20 + (i % 100)),
            Kind = EventKind.State,
            OldState = old,
            NewState = @new,
            Family = IpFamily.IPv4,
            Flags = (owner ? EventFlags.Owner : 0) | (@new == TcpState.Close ? EventFlags.Totals : 0),
        };
        TcpEvent Mini(long afterNs, EventKind kind) =>
            Of(isClient: true, afterNs, TcpState.Unknown, TcpState.TimeWait) with { Sock = 0x20_0000_0000 + (ulong)i, Kind = kind };
        long Around(long medianNs) => (long)(medianNs * Math.Exp(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())));

        long open = connectNs + establishedNs, closed = open + (5 * closingNs);
        yield return Of(true, 0, TcpState.Close, TcpState.SynSent, owner: true);
        yield return Of(true, connectNs, TcpState.SynSent, TcpState.Established);
        yield return Of(false, connectNs + 500, TcpState.Listen, TcpState.SynRecv);
        yield return Of(false, connectNs + 900, TcpState.SynRecv, TcpState.Established, owner: true);
        yield return Of(true, open, TcpState.Established, TcpState.FinWait1, owner: true);
        yield return Of(false, open + closingNs, TcpState.Established, TcpState.CloseWait);
        yield return Of(false, open + (2 * closingNs), TcpState.CloseWait, TcpState.LastAck, owner: true);
        yield return Of(true, open + (3 * closingNs), TcpState.FinWait1, TcpState.FinWait2);
        yield return Mini(closed - 1, EventKind.MiniArmed);
        yield return Of(true, closed, TcpState.FinWait2, TcpState.Close);
        yield return Of(false, closed + 100, TcpState.LastAck, TcpState.Close);
        yield return Mini(closed + TimeWaitNs + random.Next(4_000_000), EventKind.MiniExpired);
    }
}

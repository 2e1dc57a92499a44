using BenchmarkDotNet.Attributes;
using SockTrace.Events;
using SockTrace.Pipeline;
using SockTrace.Tracking;

namespace SockTrace.Benchmarks;

/// <summary>
/// From columns to connections: a row looked up, filled, and removed at CLOSE; nobody
/// listens. Naive: a dictionary of objects, straight from the events. It knows no bound, no
/// repeats, and no address that another socket has taken over.
/// </summary>
public class TableBench
{
    private const int Events = 1_000_000;

    private readonly List<EventBatch> _batches = [];
    private readonly ConnectionTracker _tracker =
        new(new TrackerOptions { MaxConnections = 100_000, MaxPorts = 100_000, TimeWait = TimeWaitSight.Functions }, []);

    private readonly Dictionary<ulong, ConnectionObject> _objects = [];
    private TcpEvent[] _events = [];
    private long _closed;

    /// <summary>Connections open at a time; each is two sockets.</summary>
    [Params(1, 1_000, 20_000)]
    public int Open { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _events = Workload.ShortConnections(Events / Workload.EventsPerConnection, Open);
        ReadOnlySpan<TcpEvent> rest = _events;
        long malformed = 0;
        while (!rest.IsEmpty)
        {
            var batch = new EventBatch();
            rest = rest[batch.Append(rest, ref malformed)..];
            _batches.Add(batch);
        }
    }

    [Benchmark(OperationsPerInvoke = Events)]
    public long Columns()
    {
        foreach (EventBatch batch in _batches)
            _tracker.Apply(batch);
        return _tracker.Events;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Events)]
    public long Objects()
    {
        foreach (ref readonly TcpEvent e in _events.AsSpan())
        {
            if (!_objects.TryGetValue(e.Sock, out ConnectionObject? connection))
            {
                connection = new ConnectionObject
                {
                    Opened = (long)e.TimeNs,
                    IsClient = e.NewState == TcpState.SynSent,
                    Netns = e.Netns,
                    Cgroup = e.Cgroup,
                    Uid = e.Uid,
                };
                _objects.Add(e.Sock, connection);
            }
            connection.Cookie = e.Cookie;
            connection.Laddr = e.Laddr;
            connection.Raddr = e.Raddr;
            connection.Lport = e.Lport;
            connection.Rport = e.Rport;
            if ((e.Flags & EventFlags.Owner) != 0 && connection.Pid == 0)
            {
                connection.Pid = e.Pid;
                connection.Comm = e.Comm;
            }
            if (connection.State == e.OldState)
                connection.StateTimes.Add(e.OldState, (long)e.TimeNs - connection.Since);
            connection.State = e.NewState;
            connection.Since = (long)e.TimeNs;
            if (e.NewState == TcpState.Close)
            {
                _objects.Remove(e.Sock);
                _closed++;
            }
        }
        return _closed;
    }

    private sealed class ConnectionObject
    {
        public StateTimes StateTimes;

        public ulong Cookie { get; set; }
        public long Opened { get; init; }
        public long Since { get; set; }
        public bool IsClient { get; init; }
        public TcpState State { get; set; }
        public IpAddress Laddr { get; set; }
        public IpAddress Raddr { get; set; }
        public ushort Lport { get; set; }
        public ushort Rport { get; set; }
        public uint Netns { get; init; }
        public ulong Cgroup { get; init; }
        public uint Uid { get; init; }
        public uint Pid { get; set; }
        public Comm Comm { get; set; }
    }
}

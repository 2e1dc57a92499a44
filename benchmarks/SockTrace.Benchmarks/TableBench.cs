using BenchmarkDotNet.Attributes;
using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Pipeline;
using SockTrace.Tracking;

namespace SockTrace.Benchmarks;

/// <summary>
/// From columns to connections: a row looked up, filled, and removed at CLOSE; nobody
/// listens. Naive: a dictionary of objects, each with a dictionary of its states' times.
/// </summary>
public class TableBench
{
    private const int Events = 10_000;

    private readonly List<EventBatch> _batches = [];
    private readonly ConnectionTracker _tracker =
        new(new ConnectionTable(100_000), new MiniSocketTable(1000), new TraceFilter(), []);

    private readonly Dictionary<ulong, ConnectionObject> _objects = [];
    private TcpEvent[] _events = [];

    [GlobalSetup]
    public void Setup()
    {
        _events = Workload.ShortConnections(Events / Workload.EventsPerConnection);
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
    public int Objects()
    {
        int closed = 0;
        foreach (ref readonly TcpEvent e in _events.AsSpan())
        {
            if (!_objects.TryGetValue(e.Sock, out ConnectionObject? connection))
            {
                connection = new ConnectionObject { Opened = (long)e.TimeNs };
                _objects.Add(e.Sock, connection);
            }
            connection.Laddr = e.Laddr;
            connection.Raddr = e.Raddr;
            connection.Lport = e.Lport;
            connection.Rport = e.Rport;
            if ((e.Flags & EventFlags.Owner) != 0)
            {
                connection.Pid = e.Pid;
                connection.Comm = System.Text.Encoding.UTF8.GetString(e.Comm.Bytes);
            }
            if (connection.State == e.OldState)
                connection.StateTimes[e.OldState] = (long)e.TimeNs - connection.Since;
            connection.State = e.NewState;
            connection.Since = (long)e.TimeNs;
            if (e.NewState == TcpState.Close)
            {
                _objects.Remove(e.Sock);
                closed++;
            }
        }
        return closed;
    }

    private sealed class ConnectionObject
    {
        public long Opened { get; set; }
        public long Since { get; set; }
        public TcpState State { get; set; }
        public IpAddress Laddr { get; set; }
        public IpAddress Raddr { get; set; }
        public ushort Lport { get; set; }
        public ushort Rport { get; set; }
        public uint Pid { get; set; }
        public string Comm { get; set; } = "";
        public Dictionary<TcpState, long> StateTimes { get; } = [];
    }
}

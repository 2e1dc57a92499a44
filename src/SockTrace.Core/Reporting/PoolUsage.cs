using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>How a pool was used over a trace: from clients' connections, from stats records, and from failed connect()s.</summary>
internal sealed class PoolUsage
{
    private const int MaxComms = 16;
    private const long SlowConnectNs = 1_000_000_000;

    private readonly Dictionary<string, long> _comms = [];

    private long _leaving;

    /// <summary>Ports in it as statistics told last, and what a connect() had before any did; 0 where none.</summary>
    private long _looked, _untold;

    /// <summary>Who took from it last, as stats and failures tell.</summary>
    private string? _lastComm;

    /// <summary>Connections of clients that reached CLOSE.</summary>
    public ConnectionCounts Connections { get; } = new();

    /// <summary>Of connections that were established: how many, and nanoseconds in all.</summary>
    public long Established { get; private set; }

    public Int128 EstablishedNs { get; private set; }

    /// <summary>Connections whose connect() took a port out of TIME_WAIT: tcp_tw_reuse.</summary>
    public long Reused { get; private set; }

    /// <summary>Connections that took a second or more to be established: the first SYN, or its answer, was lost (RFC 6298).</summary>
    public long SlowConnects { get; private set; }

    /// <summary>connect()s that the program itself gave up before an answer came.</summary>
    public long GivenUp { get; private set; }

    /// <summary>The longest that such a one waited, nanoseconds.</summary>
    public long GivenUpLongestNs { get; private set; }

    /// <summary>
    /// The share of its connections that leave a port in TIME_WAIT: this side closes them first, or both
    /// do at once. Where none has closed yet, all of them if there are such ports.
    /// </summary>
    public double LeavingShare => Connections.Closed > 0 ? (double)_leaving / Connections.Closed : TimeWaitMax > 0 ? 1 : 0;

    /// <summary>port_exhausted records.</summary>
    public long Exhausted { get; private set; }

    /// <summary>What the last of them had to choose from, where the pool has more: IP_LOCAL_PORT_RANGE; else 0.</summary>
    public long OwnRange { get; private set; }

    /// <summary>Ports in it, as was told last; 0 where it was not.</summary>
    public long Size { get; private set; }

    /// <summary>The most that were taken at once; -1 where nobody looked.</summary>
    public long TakenMax { get; private set; } = -1;

    /// <summary>The most that were in TIME_WAIT at once; -1 where nobody looked.</summary>
    public long TimeWaitMax { get; private set; } = -1;

    /// <summary>The most that connections had at once; -1 where nobody looked. Between two looks there may have been more.</summary>
    public long LiveMax { get; private set; } = -1;

    /// <summary>Of <see cref="TakenMax"/> those that connections had; -1 where nobody looked.</summary>
    public long LiveAtFullest { get; private set; } = -1;

    /// <summary>The fastest; 0 where nobody looked.</summary>
    public double OpenedPerSecondMax { get; private set; }

    /// <summary>The shortest time to empty that was foretold; -1 where none was.</summary>
    public long EmptyInNsMin { get; private set; } = -1;

    /// <summary>Likewise, of when a good part of it was taken: before that a moment's rate foretells little.</summary>
    public long EmptyInNsMinWhenBusy { get; private set; } = -1;

    /// <summary>The series of ports taken in the report's time line; -1 where it has none.</summary>
    public int TakenSeries { get; set; } = -1;

    /// <summary>The series of ports in TIME_WAIT; likewise.</summary>
    public int TimeWaitSeries { get; set; } = -1;

    /// <summary>The owner of most of its connections; where none has closed, who took from it last; null where neither is known.</summary>
    public string? Burner => _comms.Count == 0 ? _lastComm : _comms.MaxBy(entry => entry.Value).Key;

    /// <summary>Connections of <see cref="Burner"/>.</summary>
    public long BurnerConnections => _comms.Count == 0 ? 0 : _comms.Values.Max();

    /// <summary>What makes it worth keeping.</summary>
    public long Weight => Connections.Closed + Math.Max(0, TakenMax) + (Exhausted * 1000);

    public void AddConnection(TraceRecord record, string? comm)
    {
        Connections.AddConnection(record);
        if (record.EstablishedNs >= 0)
        {
            Established++;
            EstablishedNs += record.EstablishedNs;
        }
        if (record.Reuse == PortReuse.InTimeWait)
            Reused++;
        if (record.ConnectNs >= SlowConnectNs)
            SlowConnects++;
        if (record is { CloseReason: CloseReason.Closed, ClosedBy: ClosedBy.Local or ClosedBy.Both })
            _leaving++;
        if (record.CloseReason == CloseReason.Disconnected && ConnectionCounts.IsFailure(record))
        {
            GivenUp++;
            GivenUpLongestNs = Math.Max(GivenUpLongestNs, record.LifetimeNs);
        }
        if (comm is not null && (_comms.Count < MaxComms || _comms.ContainsKey(comm)))
            _comms[comm] = _comms.GetValueOrDefault(comm) + 1;
    }

    public void AddTimeWait(TraceRecord record) => Connections.AddTimeWait(record);

    public void AddExhausted(TraceRecord record, string? comm)
    {
        Exhausted++;
        TakenMax = Math.Max(TakenMax, record.Taken);
        if (record.Pool > 0)
        {
            OwnRange = record.Pool < _looked ? record.Pool : 0;
            _untold = _looked == 0 ? record.Pool : 0;
            Size = record.Pool;
        }
        _lastComm = comm ?? _lastComm;
    }

    public void Look(in PoolRecord pool)
    {
        if (pool.Taken > TakenMax || LiveAtFullest < 0)
            LiveAtFullest = pool.Taken - pool.TimeWait;
        TakenMax = Math.Max(TakenMax, pool.Taken);
        TimeWaitMax = Math.Max(TimeWaitMax, pool.TimeWait);
        LiveMax = Math.Max(LiveMax, pool.Taken - pool.TimeWait);
        OpenedPerSecondMax = Math.Max(OpenedPerSecondMax, pool.OpenedPerSecond);
        if (pool.Size > 0)
        {
            // Nobody had looked before a connect() failed.
            if (_untold > 0 && _untold < pool.Size)
                OwnRange = _untold;
            _untold = 0;
            Size = _looked = pool.Size;
        }
        if (pool.EmptyInNs >= 0)
        {
            EmptyInNsMin = Least(EmptyInNsMin, pool.EmptyInNs);
            if (pool.Taken >= PoolAdvice.Busy * pool.Size)
                EmptyInNsMinWhenBusy = Least(EmptyInNsMinWhenBusy, pool.EmptyInNs);
        }
        _lastComm = pool.Comm ?? _lastComm;
    }

    private static long Least(long soFar, long ns) => soFar < 0 ? ns : Math.Min(soFar, ns);
}

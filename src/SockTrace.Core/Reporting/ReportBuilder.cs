using System.Text;
using CommunityToolkit.HighPerformance.Buffers;
using SockTrace.Events;
using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>Takes in traces, record by record. Its memory does not grow with their length.</summary>
internal sealed class ReportBuilder
{
    private const int MaxPools = 2048;

    /// <summary>Pools that have a time line.</summary>
    private const int MaxPoolSeries = 64;

    /// <summary>How long a connection must have stood in a state at the trace's end to be told of, nanoseconds.</summary>
    public const long LingeringNs = 60_000_000_000;

    /// <summary>The next file of a rotated trace begins when the one before ends. Where it begins later, some are missing between them.</summary>
    private const long NextFileNs = 10_000_000_000;

    private readonly StringPool _names = new(4096);
    private readonly OpenConnections _open;
    private readonly RecentConnections _recent = new();
    private readonly BoundedGroups<PoolOfHost, PoolUsage> _pools = new(MaxPools, pool => pool.Weight, _ => { });
    private readonly Dictionary<(string, string?, string, TcpState), LingeringGroup> _lingering = [];
    private readonly int _opened, _closed, _failed, _live, _timeWaits;
    private int _poolsWithSeries;
    private TraceSummary? _trace;

    /// <param name="by">What connections are to be put together by.</param>
    public ReportBuilder(params IEnumerable<GroupBy> by)
    {
        Groupings = [.. by.Select(one => new Grouping(one))];
        _open = new OpenConnections(NameOf);
        _opened = TimeLine.AddCounts();
        _closed = TimeLine.AddCounts();
        _failed = TimeLine.AddCounts();
        _live = TimeLine.AddLevels();
        _timeWaits = TimeLine.AddLevels();
    }

    public List<TraceSummary> Traces { get; } = [];
    public Group All { get; } = new();
    public Grouping[] Groupings { get; }
    public TimeLine TimeLine { get; } = new();
    public long Opened { get; private set; }
    public long OpenAtEnd { get; private set; }
    public long PortExhausted { get; private set; }

    public IEnumerable<KeyValuePair<PoolOfHost, PoolUsage>> Pools => _pools.Largest;

    /// <summary>Pools of which nothing is told, for want of room.</summary>
    public long PoolsGivenAway => _pools.GivenAway;

    public IEnumerable<LingeringGroup> Lingering => _lingering.Values.OrderByDescending(group => group.Count);

    public ReadOnlySpan<long> OpenedLine => TimeLine.Of(_opened);
    public ReadOnlySpan<long> ClosedLine => TimeLine.Of(_closed);
    public ReadOnlySpan<long> FailedLine => TimeLine.Of(_failed);
    public ReadOnlySpan<long> LiveLine => TimeLine.Of(_live);
    public ReadOnlySpan<long> TimeWaitLine => TimeLine.Of(_timeWaits);

    /// <summary>Takes in a file to its end. Files come in the order in which they began.</summary>
    /// <exception cref="TraceException">It cannot be read on; what was read has been taken in.</exception>
    public void Add(TraceFile file)
    {
        bool isFirst = true;
        long lines = 0, malformed = 0;
        try
        {
            while (file.TryRead())
            {
                TraceRecord record = file.Record;
                if (isFirst && record.Type == RecordType.Unknown)
                    continue;
                if (isFirst || record.Type == RecordType.Header)
                {
                    // What stands before a second header belongs to the first: files may have been put together.
                    if (!isFirst)
                        TellLines(file.Lines - 1);
                    BeginTrace(file.Name, record);
                    isFirst = false;
                }
                Add(record);
            }
        }
        finally
        {
            if (!isFirst)
            {
                TellLines(file.Lines);
                _trace!.IsTorn |= file.IsTorn;
            }
        }

        void TellLines(long until)
        {
            _trace!.Lines += until - lines;
            _trace.Malformed += file.Malformed - malformed;
            (lines, malformed) = (until, file.Malformed);
        }
    }

    /// <summary>After the last file.</summary>
    public void Finish()
    {
        if (_trace is not null)
            EndTrace(_trace);
        _trace = null;
    }

    private void BeginTrace(string file, TraceRecord first)
    {
        TimeLine.Begin(first.Ts);
        if (_trace is { IsContinued: true } && first.Header is HeaderRecord header && header.Run == _trace.Header?.Run
            && first.Ts - _trace.EndNs < NextFileNs)
        {
            _trace.GoOn();
        }
        else
        {
            Finish();
            _trace = new TraceSummary { Header = first.Header };
            Traces.Add(_trace);
        }
        if (!_trace.Files.Contains(file))
            _trace.Files.Add(file);
    }

    private void Add(TraceRecord record)
    {
        _trace!.Add(record);
        switch (record.Type)
        {
            case RecordType.State:
                OnState(record);
                break;
            case RecordType.Conn when record.Role != Role.Listener:
                OnConnection(record);
                break;
            case RecordType.TimeWait:
                OnTimeWait(record);
                break;
            case RecordType.PortExhausted:
                PortExhausted++;
                PoolOf(record).AddExhausted(record, CommOf(record));
                break;
            case RecordType.Stats:
                OnStats(record);
                break;
        }
    }

    private void OnState(TraceRecord record)
    {
        _open.OnState(record);
        if (record.New == TcpState.SynSent || (record.New == TcpState.SynRecv && record.Old == TcpState.Listen))
        {
            Opened++;
            TimeLine.Happened(_opened, record.Ts);
        }
    }

    private void OnConnection(TraceRecord record)
    {
        string? comm = CommOf(record);
        _open.OnConnection(record);
        All.AddConnection(record);
        bool leavesTimeWait = record.ClosedBy is ClosedBy.Local or ClosedBy.Both && record.CloseReason == CloseReason.Closed;
        int slot = leavesTimeWait ? _recent.Add(record.Key) : -1;
        foreach (Grouping grouping in Groupings)
            grouping.AddConnection(record, _trace!.Host, comm, slot);
        TimeLine.Happened(_closed, record.Ts);
        if (ConnectionCounts.IsFailure(record))
            TimeLine.Happened(_failed, record.Ts);
        if (record.Role == Role.Client && record.Rport != 0)
            PoolOf(record).AddConnection(record, comm);
    }

    private void OnTimeWait(TraceRecord record)
    {
        All.AddTimeWait(record);
        int slot = _recent.Find(record.Key);
        foreach (Grouping grouping in Groupings)
            grouping.AddTimeWait(record, _trace!.Host, slot);
        // A server's mini-socket is in no pool: the port is its listener's.
        _pools.Find(PoolKeyOf(record))?.AddTimeWait(record);
    }

    private void OnStats(TraceRecord record)
    {
        StatsRecord stats = record.Stats!;
        TimeLine.Level(_live, record.Ts, stats.Live);
        TimeLine.Level(_timeWaits, record.Ts, stats.TimeWait);
        foreach (PoolRecord pool in stats.Pools)
        {
            PoolUsage usage = _pools.GetOrAdd(new PoolOfHost(_trace!.Host, pool.Key));
            usage.Look(pool);
            if (usage.TakenSeries < 0 && _poolsWithSeries < MaxPoolSeries)
            {
                _poolsWithSeries++;
                usage.TakenSeries = TimeLine.AddLevels();
                usage.TimeWaitSeries = TimeLine.AddLevels();
            }
            if (usage.TakenSeries >= 0)
            {
                TimeLine.Level(usage.TakenSeries, record.Ts, pool.Taken);
                TimeLine.Level(usage.TimeWaitSeries, record.Ts, pool.TimeWait);
            }
        }
    }

    private void EndTrace(TraceSummary trace)
    {
        OpenAtEnd += _open.Count;
        trace.NotFollowed = _open.NotFollowed;
        foreach (OpenConnection open in _open.All)
        {
            long ageNs = trace.EndNs - open.StateSince;
            if (ageNs < LingeringNs)
                continue;
            bool isServer = GroupKey.IsServer(open.Role, open.Lport, open.Rport);
            string destination = isServer
                ? new GroupKey(null, open.Laddr, open.Lport, IsLocal: true).Name(GroupBy.Destination)
                : new GroupKey(null, open.Raddr, open.Rport).Name(GroupBy.Destination);
            (string, string?, string, TcpState) key = (trace.Host, open.Comm, destination, open.State);
            if (!_lingering.TryGetValue(key, out LingeringGroup? group))
                _lingering[key] = group = new LingeringGroup(trace.Host, open.Comm, destination, open.State);
            group.Count++;
            group.LongestNs = Math.Max(group.LongestNs, ageNs);
        }
        _open.Clear();
        _recent.Clear();
    }

    /// <summary>How long a host was traced, nanoseconds.</summary>
    public long DurationNsOf(string host) => Traces.Where(trace => trace.Host == host).Sum(trace => trace.DurationNs);

    private PoolUsage PoolOf(TraceRecord record) => _pools.GetOrAdd(PoolKeyOf(record));

    private PoolOfHost PoolKeyOf(TraceRecord record) =>
        new(_trace!.Host, new PoolKey(record.Laddr, record.Raddr, record.Netns, record.Rport));

    private string? CommOf(TraceRecord record) => record.Comm.IsEmpty ? null : NameOf(record.Comm);

    private string NameOf(ReadOnlySpan<byte> utf8) => _names.GetOrAdd(utf8, Encoding.UTF8);
}

using System.Text.Json.Serialization;
using SockTrace.Host;
using SockTrace.Reading;

namespace SockTrace.Reporting;

/// <summary>One run of a tracer: a file, or several where it was rotated.</summary>
internal sealed class TraceSummary
{
    /// <summary>A step back of the wall clock that is no mere disorder between CPUs, nanoseconds.</summary>
    private const long BackwardNs = 1_000_000_000;

    private readonly long[] _records = new long[Enum.GetValues<RecordType>().Length];
    private readonly long[] _lostNow = new long[4];
    private readonly long[] _lostAtEnd = new long[4];
    private long _lastNs = long.MinValue;

    public List<string> Files { get; } = [];

    /// <summary>Null where the trace has none.</summary>
    public HeaderRecord? Header { get; set; }

    /// <summary>The host's name; where nobody tells it, the file's.</summary>
    [JsonIgnore]
    public string Host => Header?.Host ?? Files[0];

    /// <summary>Nanoseconds since 1970-01-01 UTC, of the first and of the last record.</summary>
    [JsonIgnore]
    public long BeginNs { get; private set; } = long.MaxValue;

    [JsonIgnore]
    public long EndNs { get; private set; } = long.MinValue;

    public DateTimeOffset Begin => UnixTime.From(BeginNs);
    public DateTimeOffset End => UnixTime.From(EndNs);
    public long DurationNs => EndNs - BeginNs;

    public long Lines { get; set; }

    /// <summary>Lines that were no record.</summary>
    public long Malformed { get; set; }

    /// <summary>Whether it ends as a trace should. False where its tracer was killed, or still runs.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether more of it is in another file, which has not been read.</summary>
    [JsonIgnore]
    public bool IsContinued { get; private set; }

    /// <summary>Whether it was cut off within a line.</summary>
    public bool IsTorn { get; set; }

    /// <summary>Times that the wall clock was set back by more than a second, and the furthest.</summary>
    public long ClockSteps { get; private set; }

    [JsonIgnore]
    public long LargestClockStepNs { get; private set; }

    public long Unmatched { get; private set; }

    /// <summary>Connections for which the report had no room to wait for their CLOSE.</summary>
    [JsonIgnore]
    public long NotFollowed { get; set; }

    [JsonIgnore]
    public List<AuditRecord> Audit { get; } = [];

    [JsonIgnore]
    public long this[RecordType type] => _records[(int)type];

    /// <summary>By type, as they are called in the trace.</summary>
    public IReadOnlyDictionary<string, long> Records => Enum.GetValues<RecordType>().Where(type => this[type] > 0)
        .ToDictionary(type => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(type.ToString()), type => this[type]);

    /// <summary>Events that the tracer knows it lost.</summary>
    public LossCounts Lost => new(Of(0), Of(1), Of(2), Of(3));

    /// <summary>Ports to choose from; null where the trace does not tell.</summary>
    [JsonIgnore]
    public PortRange? Ports => Header?.Ports;

    /// <summary>Another file of it begins.</summary>
    public void GoOn() => IsContinued = IsComplete = false;

    public void Add(TraceRecord record)
    {
        _records[(int)record.Type]++;
        if (record.Ts != long.MinValue)
            Follow(record.Ts);
        if (record.Type == RecordType.Lost)
            _lostNow[(int)record.LostWhere] += record.LostCount;
        if (record.Type == RecordType.End)
        {
            EndRecord end = record.End!;
            IsContinued = end.IsContinued;
            IsComplete = !end.IsContinued;
            Unmatched += end.Unmatched;
            Audit.AddRange(end.Audit);
            for (int i = 0; i < _lostAtEnd.Length; i++)
                _lostAtEnd[i] += end.Lost[i];
        }
    }

    private void Follow(long ts)
    {
        if (_lastNs != long.MinValue && ts < _lastNs - BackwardNs)
        {
            ClockSteps++;
            LargestClockStepNs = Math.Max(LargestClockStepNs, _lastNs - ts);
        }
        _lastNs = ts;
        BeginNs = Math.Min(BeginNs, ts);
        EndNs = Math.Max(EndNs, ts);
    }

    /// <summary>The records tell as it happens, the end in sum; a trace that was cut off has no end.</summary>
    private long Of(int place) => Math.Max(_lostNow[place], _lostAtEnd[place]);
}

/// <summary>Lost events, by where.</summary>
internal sealed record LossCounts(long Ring, long Kernel, long Queue, long Table)
{
    [JsonIgnore]
    public long All => Ring + Kernel + Queue + Table;

    public static LossCounts operator +(LossCounts a, LossCounts b) =>
        new(a.Ring + b.Ring, a.Kernel + b.Kernel, a.Queue + b.Queue, a.Table + b.Table);
}

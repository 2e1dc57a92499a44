using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Replay;

/// <summary>
/// A trace as a source of events, in the trace's own time or faster. Times are wall-clock
/// times, nanoseconds since 1970-01-01 UTC, and so is <see cref="NowNs"/>.
/// </summary>
internal sealed class TraceSource : IEventSource
{
    /// <summary>A second of the trace at a time, so that what happens once a second happens in between.</summary>
    private const long SliceNs = 1_000_000_000;

    /// <summary>Longer than any mini-socket lives.</summary>
    private const long SilenceNs = 300_000_000_000;

    private const int EventsPerPoll = 4096;

    private readonly TraceFile _file;
    private readonly RecordDecoder _decoder;
    private readonly List<TcpEvent> _events = [];
    private readonly ManualResetEventSlim _stopped = new();
    private readonly double _speed;
    private readonly long _toNs;
    private readonly long[] _lost = new long[4];
    private readonly Queue<(long TimeNs, LossPlace Where, long Count)> _lossesAhead = [];
    private readonly Dictionary<uint, int> _poolSizes = [];
    private int _next;
    private long _startedAt;
    private readonly long _startNs;
    private bool _isAtEnd;

    /// <param name="name">As the user gave it.</param>
    /// <param name="speed">1 is the trace's own; infinite is as fast as can be.</param>
    /// <param name="from">What was before is run through at once; null for nothing.</param>
    /// <param name="to">What comes after is left out; null for nothing.</param>
    /// <param name="onFault">Called for each line that is no record.</param>
    /// <param name="path">A file to read it from, twice; null where the name is one's.</param>
    /// <exception cref="TraceException">It cannot be read, or has no record, or none of the time that is asked for.</exception>
    public TraceSource(string name, double speed, TraceTime? from, TraceTime? to, Action<TraceFault> onFault, string? path = null)
    {
        (HashSet<ulong> orphans, HeaderRecord? header, long firstNs, long lastNs) = LookThrough(name, path, _poolSizes);
        Header = header;
        FromNs = from?.In(firstNs) ?? firstNs;
        _toNs = to?.In(firstNs) ?? long.MaxValue;
        if (FromNs > lastNs)
            throw new TraceException(name, "replay", $"it ends at {TimeText(lastNs)}, before --from, which is {TimeText(FromNs)}");
        if (_toNs < firstNs)
            throw new TraceException(name, "replay", $"it begins at {TimeText(firstNs)}, after --to, which is {TimeText(_toNs)}");
        if (_toNs < FromNs)
            throw new TraceException(name, "replay", $"--to, which is {TimeText(_toNs)}, is before --from, which is {TimeText(FromNs)}");
        NowNs = firstNs;
        _startNs = Math.Max(firstNs, FromNs);
        _decoder = new RecordDecoder(orphans);
        _speed = speed;
        _file = new TraceFile(name, onFault, path);
    }

    /// <summary>Null where the trace has none.</summary>
    public HeaderRecord? Header { get; }

    /// <summary>
    /// The ports of a network namespace: as many as its records say; where they say nothing those of
    /// the header, which are of the namespace that the tracer was in.
    /// </summary>
    public PortRange? RangeOf(uint netns) => _poolSizes.TryGetValue(netns, out int size) && size != Header?.Ports?.Size
        ? PortRange.OfSize(size)
        : Header?.Ports;

    /// <summary>From when on it is to be seen: nanoseconds since 1970-01-01 UTC.</summary>
    public long FromNs { get; }

    public string Name => "trace";

    public TimeWaitSight TimeWait => TimeWaitSight.Functions;

    public IEnumerable<string> Attached => [_file.ShownName];

    /// <summary>Lines so far that were no record.</summary>
    public long DamagedLines => _file.Malformed;

    public long NowNs { get; private set; }

    public bool IsOver { get; private set; }

    public bool Poll(PipeWriter writer, TimeSpan timeout)
    {
        long due = DueNs();
        // What is not to be seen comes apart from the rest, for it is not to be counted.
        long unseenEnd = NowNs < FromNs - 1 ? FromNs - 1 : long.MaxValue;
        long sliceEnd = Math.Min(Math.Min(due, unseenEnd), ((NowNs / SliceNs) + 1) * SliceNs);
        for (int i = 0; i < EventsPerPoll; i++)
        {
            if (_next == _events.Count && !TryReadMore())
            {
                IsOver = true;
                return false;
            }
            TcpEvent e = _events[_next];
            long timeNs = (long)e.TimeNs;
            if (timeNs > _toNs)
            {
                IsOver = true;
                return false;
            }
            if (timeNs > sliceEnd)
            {
                // Nothing happens in a long silence that is not the same at its end.
                bool isSilence = timeNs <= due && timeNs - NowNs > SilenceNs;
                NowNs = Math.Max(NowNs, isSilence ? Math.Min(timeNs - SliceNs, unseenEnd) : sliceEnd);
                return WaitFor(timeNs, timeout);
            }
            MemoryMarshal.Write(writer.GetSpan(TcpEvent.Size), e);
            writer.Advance(TcpEvent.Size);
            NowNs = Math.Max(NowNs, timeNs);
            _next++;
        }
        return true;
    }

    public void Resynchronise()
    {
    }

    public string? TakeNote() => null;

    public void Stop() => _stopped.Set();

    /// <summary>Those that the trace tells of. Lines that are damaged are told of one by one.</summary>
    public SourceLosses ReadLosses()
    {
        // Those that follow the last event have none to wait for.
        long untilNs = IsOver ? _toNs : NowNs;
        while (_lossesAhead.TryPeek(out var loss) && loss.TimeNs <= untilNs)
            _lost[(int)loss.Where] += _lossesAhead.Dequeue().Count;
        return new SourceLosses(_lost[(int)LossPlace.Ring], _lost[(int)LossPlace.Kernel], Malformed: 0)
        {
            Queue = _lost[(int)LossPlace.Queue],
            Table = _lost[(int)LossPlace.Table],
        };
    }

    public void Dispose()
    {
        _file.Dispose();
        _stopped.Dispose();
    }

    /// <summary>Up to when the trace should have come by now. What is not to be seen takes no time.</summary>
    private long DueNs()
    {
        if (double.IsPositiveInfinity(_speed))
            return long.MaxValue;
        if (NowNs < FromNs)
            return FromNs;
        if (_startedAt == 0)
            _startedAt = Stopwatch.GetTimestamp();
        return _startNs + (long)(Stopwatch.GetElapsedTime(_startedAt).TotalNanoseconds * _speed);
    }

    /// <returns>Whether the next event is due at once.</returns>
    private bool WaitFor(long timeNs, TimeSpan timeout)
    {
        long due = DueNs();
        if (timeNs <= due || NowNs < FromNs)
            return true;
        var left = TimeSpan.FromMilliseconds(Math.Ceiling((timeNs - due) / _speed / 1e6));
        _stopped.Wait(left < timeout ? left : timeout);
        return false;
    }

    private bool TryReadMore()
    {
        _events.Clear();
        _next = 0;
        while (_events.Count == 0 && !_isAtEnd)
        {
            if (_file.TryRead())
            {
                if (_file.Record.Type == RecordType.Lost)
                    _lossesAhead.Enqueue((_file.Record.Ts, _file.Record.LostWhere, _file.Record.LostCount));
                _decoder.Decode(_file.Record, _events);
            }
            else
            {
                _isAtEnd = true;
                _decoder.Flush(_events);
            }
        }
        return _events.Count > 0;
    }

    /// <summary>What must be known before the first event.</summary>
    private static (HashSet<ulong> Orphans, HeaderRecord? Header, long FirstNs, long LastNs) LookThrough(
        string name, string? path, Dictionary<uint, int> poolSizes)
    {
        var orphans = new HashSet<ulong>();
        HeaderRecord? header = null;
        long firstNs = long.MaxValue, lastNs = long.MinValue;
        using var file = new TraceFile(name, _ => { }, path);
        while (file.TryRead())
        {
            TraceRecord record = file.Record;
            header ??= record.Header;
            if (record.Ts != long.MinValue)
                (firstNs, lastNs) = (Math.Min(firstNs, record.Ts), Math.Max(lastNs, record.Ts));
            if (record.Type == RecordType.TimeWait && record.FinWait2Ns >= 0)
                orphans.Add(record.Id);
            if (record.Type == RecordType.Stats)
            {
                foreach (PoolRecord pool in record.Stats!.Pools.Where(pool => pool.Size is > 0 and <= ushort.MaxValue))
                    poolSizes[pool.Key.Netns] = (int)pool.Size;
            }
        }
        return firstNs == long.MaxValue
            ? throw new TraceException(name, "replay", file.Lines == 0 ? "it is empty" : "no line of it is a record")
            : (orphans, header, firstNs, lastNs);
    }

    private static string TimeText(long ns) => $"{UnixTime.From(ns):yyyy-MM-dd'T'HH:mm:ss'Z'}";
}

using System.Buffers;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Output;

/// <summary>Writes the trace: NDJSON, schema 1. Field order is part of the schema.</summary>
internal sealed class NdjsonSink : ITraceSink
{
    /// <summary>More than the longest record can take: about 40 names, 4 texts and 35 scalars.</summary>
    private const int MaxRecord = OutputQueue.MaxLine;

    private readonly OutputWriter _output;
    private readonly OutputQueue _queue;
    private readonly TraceHeader _header;
    private readonly WallClock _clock;
    private readonly TupleTexts _tuples = new();
    private TimestampFormat _times = new();
    private TimestampFormat _openedTimes = new();
    private TimestampFormat _beganTimes = new();
    private RecordCounts _counts;
    private TraceTotals _before;
    private long _seq;

    /// <param name="output">Owned from here on.</param>
    /// <param name="clock">Of the events.</param>
    /// <param name="header">The first line of every file.</param>
    public NdjsonSink(OutputWriter output, WallClock clock, TraceHeader header)
    {
        _output = output;
        _queue = output.Queue;
        _clock = clock;
        _header = header;
        BeginFile();
    }

    public void OnTransition(in Transition transition)
    {
        ConnectionView connection = transition.Connection;
        JsonLine line = Begin("state"u8, transition.TimeNs);
        line.Field(",\"seq\":"u8, ++_seq);
        _tuples.Get(connection, out ReadOnlySpan<byte> identity, out ReadOnlySpan<byte> fourTuple);
        line.Raw(identity);
        line.Raw(fourTuple);
        if (transition.Old != TcpState.Unknown)
        {
            line.Raw(",\"old\":\""u8);
            line.Raw(TcpStates.Name(transition.Old));
            line.Raw("\""u8);
        }
        line.Raw(",\"new\":\""u8);
        line.Raw(TcpStates.Name(transition.New));
        line.Raw("\""u8);
        WriteNs(ref line, ",\"in_old_ns\":"u8, transition.InOldNs);
        WriteOwner(ref line, connection, withUid: false);
        End(ref line, ref _counts.States);
    }

    public void OnClosed(in ClosedConnection closed)
    {
        ConnectionView connection = closed.Connection;
        JsonLine line = Begin("conn"u8, closed.ClosedNs);
        _tuples.Get(connection, out ReadOnlySpan<byte> identity, out ReadOnlySpan<byte> fourTuple);
        line.Raw(identity);
        if (connection.Cgroup != 0)
        {
            line.Field(",\"cgroup\":"u8, (long)connection.Cgroup);
        }
        line.Raw(fourTuple);
        line.Raw(",\"role\":\""u8);
        line.Raw(RecordNames.Of(connection.Role));
        line.Raw("\""u8);
        WriteOwner(ref line, connection, withUid: true);
        if (connection.OpenedNs != 0)
        {
            line.Raw(",\"opened\":"u8);
            line.Time(ref _openedTimes, _clock.ToUnixNs(connection.OpenedNs));
        }
        WriteNs(ref line, ",\"connect_ns\":"u8, connection.ConnectNs == 0 ? -1 : connection.ConnectNs);
        ref readonly StateTimes times = ref connection.StateTimes;
        if (times.Contains(TcpState.Established))
            WriteNs(ref line, ",\"established_ns\":"u8, times.Ns(TcpState.Established));
        WriteNs(ref line, ",\"lifetime_ns\":"u8, closed.LifetimeNs);
        WriteStateTimes(ref line, times);
        line.Raw(",\"close_reason\":\""u8);
        line.Raw(RecordNames.Of(closed.Reason));
        line.Raw("\""u8);
        if (closed.ClosedBy != ClosedBy.Unknown)
        {
            line.Raw(",\"closed_by\":\""u8);
            line.Raw(RecordNames.Of(closed.ClosedBy));
            line.Raw("\""u8);
        }
        if (closed.Totals is CloseTotals totals && connection.Role != Role.Listener)
            WriteTotals(ref line, totals);
        if (connection.Reuse != PortReuse.None)
        {
            line.Raw(",\"reuse\":\""u8);
            line.Raw(RecordNames.Of(connection.Reuse));
            line.Raw("\""u8);
            WriteNs(ref line, ",\"reuse_gap_ns\":"u8, connection.ReuseGapNs);
        }
        End(ref line, ref _counts.Conns);
    }

    public void OnTimeWaitEnded(in EndedMiniSocket ended)
    {
        JsonLine line = Begin("time_wait"u8, ended.EndedNs);
        line.Identity(ended.Id, ended.IdIsCookie, ended.Netns);
        line.Family(ended.Family);
        line.Field(",\"laddr\":"u8, ended.Laddr);
        line.Field(",\"lport\":"u8, ended.Lport);
        line.Field(",\"raddr\":"u8, ended.Raddr);
        line.Field(",\"rport\":"u8, ended.Rport);
        if (ended.BeganNs != 0)
        {
            line.Raw(",\"began\":"u8);
            line.Time(ref _beganTimes, _clock.ToUnixNs(ended.BeganNs));
        }
        WriteNs(ref line, ",\"fin_wait2_ns\":"u8, ended.FinWait2Ns);
        WriteNs(ref line, ",\"duration_ns\":"u8, ended.DurationNs);
        line.Raw(",\"ended\":\""u8);
        line.Raw(RecordNames.Of(ended.Ending));
        line.Raw(ended.IsInferred ? "\",\"precision\":\"inferred\""u8 : "\",\"precision\":\"measured\""u8);
        End(ref line, ref _counts.TimeWaits);
    }

    public void OnPortExhausted(in PortExhausted exhausted)
    {
        ConnectionView connection = exhausted.Connection;
        JsonLine line = Begin("port_exhausted"u8, exhausted.TimeNs);
        _tuples.Get(connection, out ReadOnlySpan<byte> identity, out ReadOnlySpan<byte> fourTuple);
        line.Raw(identity);
        line.Raw(fourTuple);
        WriteOwner(ref line, connection, withUid: false);
        if (exhausted.Pool > 0)
            line.Field(",\"pool\":"u8, exhausted.Pool);
        line.Field(",\"taken\":"u8, exhausted.Taken);
        End(ref line, ref _counts.Exhausted);
    }

    public void OnStatistics(in Statistics statistics)
    {
        double seconds = statistics.IntervalNs / 1e9;
        JsonLine line = Begin("stats"u8, statistics.TimeNs);
        line.Field(",\"interval_ns\":"u8, statistics.IntervalNs);
        line.Field(",\"opened\":"u8, statistics.Opened);
        line.Field(",\"closed\":"u8, statistics.Closed);
        line.Field(",\"failed\":"u8, statistics.Failed);
        line.Field(",\"live\":"u8, statistics.Live);
        line.Field(",\"time_wait\":"u8, statistics.TimeWait);
        line.Rate(",\"opened_per_s\":"u8, statistics.Opened / seconds);
        line.Rate(",\"closed_per_s\":"u8, statistics.Closed / seconds);
        line.Raw(",\"pools\":["u8);
        for (int i = 0; i < statistics.Pools.Length; i++)
            WritePool(ref line, statistics.Pools[i], isFirst: i == 0);
        line.Raw("]"u8);
        End(ref line, ref _counts.Statistics);
    }

    public void OnLost(in Loss loss)
    {
        JsonLine line = Begin("lost"u8, loss.TimeNs);
        WriteLoss(ref line, loss);
        End(ref line, ref _counts.Losts);
    }

    public void OnEnd(in TraceTotals totals)
    {
        EndFile(totals, isContinued: false);
        _queue.Complete();
    }

    public void Flush(in TraceTotals soFar)
    {
        _output.ThrowIfItIsOver();
        if (_queue.HasLoss)
            TellLoss();
        if (_output.TakeNextFileRequest())
        {
            EndFile(soFar, isContinued: true);
            BeginFile();
        }
        _queue.HandOver();
    }

    public SinkLosses Losses => _output.Losses;

    public void Dispose() => _output.Dispose();

    private void BeginFile() =>
        _queue.Add(FirstLine.Write(_header, _clock.ToUnixNs(WallClock.MonotonicNs)), beginsFile: true);

    /// <summary>What this file says of itself; over all files of a run it adds up to the run.</summary>
    private void EndFile(in TraceTotals totals, bool isContinued)
    {
        var last = new ArrayBufferWriter<byte>(MaxRecord);
        long endNs = _clock.ToUnixNs(totals.EndNs);
        if (_queue.TakeLoss() is > 0 and long count)
        {
            var line = new JsonLine(last.GetSpan(MaxRecord));
            Start(ref line, "lost"u8, totals.EndNs);
            WriteLoss(ref line, new Loss(totals.EndNs, LossPlace.Queue, count, _queue.Dropped));
            line.Raw("}\n"u8);
            last.Advance(line.Length);
            _counts.Losts++;
        }
        TraceTotals untilHere = totals with { LostQueue = _queue.Dropped };
        LastLine.Write(last, endNs, _counts, untilHere, _before, isContinued);
        _queue.Add(last.WrittenSpan.ToArray());
        _before = untilHere;
        _counts = default;
    }

    private static void WritePool(ref JsonLine line, in PoolUse pool, bool isFirst)
    {
        line.Raw(isFirst ? "{\"netns\":"u8 : ",{\"netns\":"u8);
        line.Number(pool.Key.Netns);
        line.Field(",\"laddr\":"u8, pool.Key.Laddr);
        line.Field(",\"raddr\":"u8, pool.Key.Raddr);
        line.Field(",\"rport\":"u8, pool.Key.Rport);
        line.Field(",\"taken\":"u8, pool.Taken);
        line.Field(",\"time_wait\":"u8, pool.TimeWaits);
        if (pool.Size > 0)
        {
            line.Field(",\"size\":"u8, pool.Size);
            line.Rate(",\"sustainable_per_s\":"u8, pool.SustainablePerSecond);
        }
        line.Rate(",\"opened_per_s\":"u8, pool.Rates.Opens);
        if (!double.IsInfinity(pool.SecondsToEmpty))
            line.Field(",\"empty_in_ns\":"u8, (long)(pool.SecondsToEmpty * 1e9));
        line.Field(",\"opened\":"u8, pool.Opened);
        line.Field(",\"exhausted\":"u8, pool.Exhausted);
        if (pool.Pid != 0)
        {
            line.Field(",\"pid\":"u8, pool.Pid);
            line.Raw(",\"comm\":"u8);
            Comm comm = pool.Comm;
            line.Text(comm.Bytes);
        }
        line.Raw("}"u8);
    }

    private JsonLine Begin(ReadOnlySpan<byte> type, long timeNs)
    {
        if (_queue.HasLoss)
            TellLoss();
        var line = new JsonLine(_queue.Reserve(MaxRecord));
        Start(ref line, type, timeNs);
        return line;
    }

    private void Start(ref JsonLine line, ReadOnlySpan<byte> type, long timeNs)
    {
        line.Raw("{\"type\":\""u8);
        line.Raw(type);
        line.Raw("\",\"ts\":"u8);
        line.Time(ref _times, _clock.ToUnixNs(timeNs));
    }

    /// <summary>Counts what the file will have.</summary>
    private void End(ref JsonLine line, ref long count)
    {
        line.Raw("}\n"u8);
        if (_queue.Commit(line.Length))
            count++;
    }

    /// <summary>Before what is newer than the loss, as soon as there is room.</summary>
    private void TellLoss()
    {
        if (_queue.TryTakeLoss(out long count))
            OnLost(new Loss(WallClock.MonotonicNs, LossPlace.Queue, count, _queue.Dropped));
    }

    private static void WriteLoss(ref JsonLine line, in Loss loss)
    {
        line.Field(",\"count\":"u8, loss.Count);
        line.Raw(",\"where\":\""u8);
        line.Raw(RecordNames.Of(loss.Place));
        line.Field("\",\"total\":"u8, loss.Total);
    }

    private static void WriteOwner(ref JsonLine line, ConnectionView connection, bool withUid)
    {
        if (connection.OwnerFrom != OwnerFrom.Unknown)
        {
            line.Field(",\"pid\":"u8, connection.Pid);
            line.Raw(",\"comm\":"u8);
            line.Text(connection.Comm.Bytes);
        }
        if (withUid)
        {
            line.Field(",\"uid\":"u8, connection.Uid);
        }
        line.Raw(",\"owner_from\":\""u8);
        line.Raw(RecordNames.Of(connection.OwnerFrom));
        line.Raw("\""u8);
    }

    private static void WriteNs(ref JsonLine line, ReadOnlySpan<byte> name, long ns)
    {
        if (ns < 0)
            return;
        line.Field(name, ns);
    }

    private static void WriteStateTimes(ref JsonLine line, in StateTimes times)
    {
        line.Raw(",\"states\":{"u8);
        for (int i = 0; i < times.Count; i++)
        {
            TcpState state = times.StateAt(i);
            line.Raw(i == 0 ? "\""u8 : ",\""u8);
            line.Raw(TcpStates.Name(state));
            line.Raw("\":"u8);
            line.Number(times.Ns(state));
        }
        line.Raw("}"u8);
    }

    private static void WriteTotals(ref JsonLine line, CloseTotals totals)
    {
        line.Field(",\"bytes_sent\":"u8, (long)totals.BytesSent);
        line.Field(",\"bytes_received\":"u8, (long)totals.BytesReceived);
        line.Field(",\"retransmits\":"u8, totals.Retransmits);
        if (totals.SrttUs != 0)
        {
            line.Field(",\"srtt_us\":"u8, totals.SrttUs);
        }
    }
}

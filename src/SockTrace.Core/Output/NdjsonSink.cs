using System.Text;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Output;

/// <summary>Writes the trace: NDJSON, schema 1. Field order is part of the schema.</summary>
internal sealed class NdjsonSink : ITraceSink
{
    public const int Schema = 1;

    /// <summary>More than the longest record can take: about 40 names, 4 texts and 35 scalars.</summary>
    private const int MaxRecord = 4096;

    private readonly OutputFile _file;
    private readonly OutputBuffer _output;
    private readonly WallClock _clock;
    private readonly TupleTexts _tuples = new();
    private TimestampFormat _times = new();
    private TimestampFormat _openedTimes = new();
    private long _states, _conns, _timeWaits, _exhausted, _statistics, _losts;

    /// <param name="file">Owned from here on.</param>
    public NdjsonSink(OutputFile file, WallClock clock, TraceHeader header)
    {
        _file = file;
        _output = new OutputBuffer(file);
        _clock = clock;
        WriteHeader(header);
    }

    public void OnTransition(in Transition transition)
    {
        ConnectionView connection = transition.Connection;
        JsonLine line = Begin("state"u8, transition.TimeNs);
        line.Field(",\"seq\":"u8, ++_states);
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
        End(ref line);
    }

    public void OnClosed(in ClosedConnection closed)
    {
        ConnectionView connection = closed.Connection;
        _conns++;
        JsonLine line = Begin("conn"u8, closed.ClosedNs);
        _tuples.Get(connection, out ReadOnlySpan<byte> identity, out ReadOnlySpan<byte> fourTuple);
        line.Raw(identity);
        if (connection.Cgroup != 0)
        {
            line.Field(",\"cgroup\":"u8, (long)connection.Cgroup);
        }
        line.Raw(fourTuple);
        line.Raw(",\"role\":\""u8);
        line.Raw(NameOf(connection.Role));
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
        line.Raw(CloseReasons.Name(closed.Reason));
        line.Raw("\""u8);
        if (closed.ClosedBy != ClosedBy.Unknown)
        {
            line.Raw(",\"closed_by\":\""u8);
            line.Raw(NameOf(closed.ClosedBy));
            line.Raw("\""u8);
        }
        if (closed.Totals is CloseTotals totals && connection.Role != Role.Listener)
            WriteTotals(ref line, totals);
        if (connection.Reuse != PortReuse.None)
        {
            line.Raw(",\"reuse\":\""u8);
            line.Raw(NameOf(connection.Reuse));
            line.Raw("\""u8);
            WriteNs(ref line, ",\"reuse_gap_ns\":"u8, connection.ReuseGapNs);
        }
        End(ref line);
    }

    public void OnTimeWaitEnded(in EndedMiniSocket ended)
    {
        _timeWaits++;
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
            line.Time(ref _openedTimes, _clock.ToUnixNs(ended.BeganNs));
        }
        WriteNs(ref line, ",\"fin_wait2_ns\":"u8, ended.FinWait2Ns);
        WriteNs(ref line, ",\"duration_ns\":"u8, ended.DurationNs);
        line.Raw(",\"ended\":\""u8);
        line.Raw(NameOf(ended.Ending));
        line.Raw(ended.IsInferred ? "\",\"precision\":\"inferred\""u8 : "\",\"precision\":\"measured\""u8);
        End(ref line);
    }

    public void OnPortExhausted(in PortExhausted exhausted)
    {
        _exhausted++;
        ConnectionView connection = exhausted.Connection;
        JsonLine line = Begin("port_exhausted"u8, exhausted.TimeNs);
        _tuples.Get(connection, out ReadOnlySpan<byte> identity, out ReadOnlySpan<byte> fourTuple);
        line.Raw(identity);
        line.Raw(fourTuple);
        WriteOwner(ref line, connection, withUid: false);
        if (exhausted.Pool > 0)
            line.Field(",\"pool\":"u8, exhausted.Pool);
        line.Field(",\"taken\":"u8, exhausted.Taken);
        End(ref line);
    }

    public void OnStatistics(in Statistics statistics)
    {
        _statistics++;
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
        End(ref line);
    }

    public void OnLost(in Loss loss)
    {
        _losts++;
        JsonLine line = Begin("lost"u8, loss.TimeNs);
        line.Field(",\"count\":"u8, loss.Count);
        line.Raw(",\"where\":\""u8);
        line.Raw(NameOf(loss.Place));
        line.Field("\",\"total\":"u8, loss.Total);
        End(ref line);
    }

    public void OnEnd(in TraceTotals totals)
    {
        JsonLine line = Begin("end"u8, totals.EndNs);
        line.Field(",\"totals\":{\"state\":"u8, _states);
        line.Field(",\"conn\":"u8, _conns);
        line.Field(",\"time_wait\":"u8, _timeWaits);
        line.Field(",\"port_exhausted\":"u8, _exhausted);
        line.Field(",\"stats\":"u8, _statistics);
        line.Field(",\"lost\":"u8, _losts);
        line.Field("},\"lost\":{\"ring\":"u8, totals.LostRing);
        line.Field(",\"kernel\":"u8, totals.LostKernel);
        line.Field(",\"queue\":"u8, totals.LostQueue);
        line.Field(",\"table\":"u8, totals.LostTable);
        line.Field("},\"unmatched\":"u8, totals.Unmatched);
        line.Field(",\"forgotten\":"u8, totals.Forgotten);
        line.Raw(",\"audit\":["u8);
        bool isFirst = true;
        foreach (AuditedNamespace audited in totals.Audit)
        {
            // One namespace at a time: there may be thousands.
            _output.Commit(line.Length);
            line = new JsonLine(_output.Reserve(MaxRecord));
            WriteAudit(ref line, audited, totals, isFirst);
            isFirst = false;
        }
        line.Raw("]"u8);
        End(ref line);
        Flush();
    }

    public void Flush() => _output.Flush();

    public void Dispose() => _output.Dispose();

    private void WriteHeader(TraceHeader header)
    {
        byte[] filters = Encoding.UTF8.GetBytes(header.Filters);
        int texts = filters.Length + (header.Settings.ReservedPorts?.Length ?? 0);
        var line = new JsonLine(new byte[MaxRecord + (texts * 6)]);
        line.Raw("{\"type\":\"header\",\"ts\":"u8);
        line.Time(ref _times, _clock.ToUnixNs(WallClock.MonotonicNs));
        line.Field(",\"schema\":"u8, Schema);
        WriteText(ref line, ",\"version\":"u8, header.Version);
        WriteText(ref line, ",\"host\":"u8, header.Host);
        WriteText(ref line, ",\"boot_id\":"u8, header.BootId);
        WriteText(ref line, ",\"kernel\":"u8, header.Kernel);
        WriteText(ref line, ",\"source\":"u8, header.Source);
        WriteText(ref line, ",\"time_wait\":"u8, header.TimeWait);
        if (filters.Length > 0)
        {
            line.Raw(",\"filters\":"u8);
            line.Text(filters);
        }
        NetworkSettings settings = header.Settings;
        WriteText(ref line, ",\"port_range\":"u8, settings.PortRange);
        WriteText(ref line, ",\"reserved_ports\":"u8, settings.ReservedPorts);
        WriteSetting(ref line, ",\"fin_timeout_s\":"u8, settings.FinTimeoutSeconds);
        WriteSetting(ref line, ",\"tw_reuse\":"u8, settings.TimeWaitReuse);
        WriteSetting(ref line, ",\"max_tw_buckets\":"u8, settings.MaxTimeWaitBuckets);
        line.Raw("}\n"u8);
        _file.Write(line.Written);
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
        line.Rate(",\"opened_per_s\":"u8, pool.OpensPerSecond);
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

    /// <summary>The kernel's counters beside the trace's; where they differ, and it is known why, that too.</summary>
    private static void WriteAudit(ref JsonLine line, AuditedNamespace audited, in TraceTotals totals, bool isFirst)
    {
        line.Raw(isFirst ? "{\"netns\":"u8 : ",{\"netns\":"u8);
        line.Number(audited.Netns);
        WriteCounters(ref line, ",\"kernel\":{"u8, audited.Kernel);
        WriteCounters(ref line, ",\"trace\":{"u8, audited.Trace);
        if (!audited.Kernel.AsSpan().SequenceEqual(audited.Trace) && (totals.IsFiltered || totals.Lost > 0))
        {
            line.Raw(",\"because\":\""u8);
            line.Raw(totals switch { { IsFiltered: true, Lost: > 0 } => "filters and losses"u8, { Lost: > 0 } => "losses"u8, _ => "filters"u8 });
            line.Raw("\""u8);
        }
        line.Raw("}"u8);
    }

    private static void WriteCounters(ref JsonLine line, ReadOnlySpan<byte> name, long[] counters)
    {
        line.Raw(name);
        for (int i = 0; i < counters.Length; i++)
        {
            line.Raw(i == 0 ? "\""u8 : ",\""u8);
            line.Raw(NameOf((AuditCounter)i));
            line.Field("\":"u8, counters[i]);
        }
        line.Raw("}"u8);
    }

    private static void WriteText(ref JsonLine line, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
            return;
        line.Raw(name);
        line.Text(Encoding.UTF8.GetBytes(value));
    }

    private static void WriteSetting(ref JsonLine line, ReadOnlySpan<byte> name, long? value)
    {
        if (value is long number)
            line.Field(name, number);
    }

    private JsonLine Begin(ReadOnlySpan<byte> type, long timeNs)
    {
        var line = new JsonLine(_output.Reserve(MaxRecord));
        line.Raw("{\"type\":\""u8);
        line.Raw(type);
        line.Raw("\",\"ts\":"u8);
        line.Time(ref _times, _clock.ToUnixNs(timeNs));
        return line;
    }

    private void End(ref JsonLine line)
    {
        line.Raw("}\n"u8);
        _output.Commit(line.Length);
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
        line.Raw(NameOf(connection.OwnerFrom));
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

    private static ReadOnlySpan<byte> NameOf(Role role) => role switch
    {
        Role.Client => "client"u8,
        Role.Server => "server"u8,
        Role.Listener => "listener"u8,
        _ => "unknown"u8,
    };

    private static ReadOnlySpan<byte> NameOf(OwnerFrom from) => from switch
    {
        OwnerFrom.Connect => "connect"u8,
        OwnerFrom.Accept => "accept"u8,
        OwnerFrom.Listen => "listen"u8,
        OwnerFrom.Close => "close"u8,
        OwnerFrom.Snapshot => "snapshot"u8,
        _ => "unknown"u8,
    };

    private static ReadOnlySpan<byte> NameOf(ClosedBy by) => by switch
    {
        ClosedBy.Local => "local"u8,
        ClosedBy.Remote => "remote"u8,
        _ => "both"u8,
    };

    private static ReadOnlySpan<byte> NameOf(PortReuse reuse) => reuse switch
    {
        PortReuse.InTimeWait => "in_time_wait"u8,
        PortReuse.AfterTimeWait => "after_time_wait"u8,
        _ => "other_destination"u8,
    };

    private static ReadOnlySpan<byte> NameOf(MiniSocketEnding ending) => ending switch
    {
        MiniSocketEnding.Expired => "expired"u8,
        MiniSocketEnding.Reused => "reused"u8,
        MiniSocketEnding.Reopened => "reopened"u8,
        MiniSocketEnding.Killed => "killed"u8,
        MiniSocketEnding.Overflow => "overflow"u8,
        _ => "lost"u8,
    };

    private static ReadOnlySpan<byte> NameOf(AuditCounter counter) => counter switch
    {
        AuditCounter.ActiveOpens => "ActiveOpens"u8,
        AuditCounter.PassiveOpens => "PassiveOpens"u8,
        AuditCounter.AttemptFails => "AttemptFails"u8,
        AuditCounter.EstabResets => "EstabResets"u8,
        AuditCounter.TW => "TW"u8,
        AuditCounter.TWRecycled => "TWRecycled"u8,
        _ => "TCPTimeWaitOverflow"u8,
    };

    private static ReadOnlySpan<byte> NameOf(LossPlace place) => place switch
    {
        LossPlace.Ring => "ring"u8,
        LossPlace.Kernel => "kernel"u8,
        LossPlace.Queue => "queue"u8,
        _ => "table"u8,
    };
}

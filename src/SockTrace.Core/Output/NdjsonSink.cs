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
    private long _states, _conns, _timeWaits, _losts;

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
        if (closed.Totals is CloseTotals totals && connection.Role != Role.Listener)
            WriteTotals(ref line, totals);
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
        line.Raw(",\"began\":"u8);
        line.Time(ref _openedTimes, _clock.ToUnixNs(ended.BeganNs));
        WriteNs(ref line, ",\"duration_ns\":"u8, ended.DurationNs);
        line.Raw(",\"ended\":\""u8);
        line.Raw(ended.Ending == MiniSocketEnding.Expired ? "expired"u8 : "lost"u8);
        line.Raw("\",\"precision\":\"inferred\""u8);
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
        line.Field(",\"lost\":"u8, _losts);
        line.Field("},\"lost\":{\"ring\":"u8, totals.LostRing);
        line.Field(",\"kernel\":"u8, totals.LostKernel);
        line.Field(",\"queue\":"u8, totals.LostQueue);
        line.Field(",\"table\":"u8, totals.LostTable);
        line.Field("},\"unmatched\":"u8, totals.Unmatched);
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
        OwnerFrom.Listen => "listen"u8,
        OwnerFrom.Close => "close"u8,
        OwnerFrom.Snapshot => "snapshot"u8,
        _ => "unknown"u8,
    };

    private static ReadOnlySpan<byte> NameOf(LossPlace place) => place switch
    {
        LossPlace.Ring => "ring"u8,
        LossPlace.Kernel => "kernel"u8,
        LossPlace.Queue => "queue"u8,
        _ => "table"u8,
    };
}

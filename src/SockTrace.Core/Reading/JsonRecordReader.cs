using System.Text;
using System.Text.Json;
using SockTrace.Events;
using SockTrace.Output;
using SockTrace.Tracking;

namespace SockTrace.Reading;

/// <summary>
/// Reads any line of a trace, in any field order. Fields that it does not know are passed
/// over: the schema may grow. What a line lacks, or has wrongly, is an error with a reason.
/// </summary>
internal sealed class JsonRecordReader
{
    private TimestampParser _ts = new();
    private AddressParser _addresses = new();

    /// <returns>Null where <paramref name="record"/> has been filled; else why not.</returns>
    public string? Read(ReadOnlySpan<byte> line, TraceRecord record)
    {
        record.Clear();
        var json = new Utf8JsonReader(line);
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return "not a JSON object";
            string? type = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string name = json.GetString()!;
                json.Read();
                if (name == "type")
                    type = json.TokenType == JsonTokenType.String ? json.GetString() : null;
                else
                    ReadField(ref json, name, record);
            }
            if (json.Read())
                return "more than one JSON value";
            return type is null ? "no \"type\"" : WhatIsMissing(type, record);
        }
        catch (JsonException e)
        {
            return e is FieldException ? e.Message : $"not JSON at byte {e.BytePositionInLine + 1}";
        }
        catch (InvalidOperationException)
        {
            return "a text that is not UTF-8";
        }
    }

    private static string? WhatIsMissing(string type, TraceRecord record)
    {
        record.Type = type switch
        {
            "header" => RecordType.Header,
            "state" => RecordType.State,
            "conn" => RecordType.Conn,
            "time_wait" => RecordType.TimeWait,
            "port_exhausted" => RecordType.PortExhausted,
            "lost" => RecordType.Lost,
            "stats" => RecordType.Stats,
            "end" => RecordType.End,
            _ => RecordType.Unknown,
        };
        string? missing = record.Type switch
        {
            RecordType.Unknown => null,
            _ when record.Ts == long.MinValue => "ts",
            RecordType.Header when record.Header is not { Schema: > 0 } => "schema",
            RecordType.State or RecordType.Conn or RecordType.TimeWait or RecordType.PortExhausted when !record.HasId => "id",
            RecordType.State when record.New == TcpState.Unknown => "new",
            RecordType.TimeWait when !record.HasEnded => "ended",
            RecordType.Lost when record.LostCount == 0 => "count",
            RecordType.Stats when record.Stats is null => "interval_ns",
            _ => null,
        };
        if (record.Type == RecordType.End)
            record.End ??= new EndRecord();
        return missing is null ? null : $"a record of type \"{type}\" without \"{missing}\"";
    }

    private void ReadField(ref Utf8JsonReader json, string name, TraceRecord record)
    {
        switch (name)
        {
            case "ts": record.Ts = Time(ref json, name); break;
            case "seq": record.Seq = Number(ref json, name); break;
            case "id": ReadId(ref json, record); break;
            case "netns": record.Netns = (uint)Number(ref json, name, uint.MaxValue); break;
            case "cgroup": record.Cgroup = (ulong)Number(ref json, name); break;
            case "family": record.Family = Family(ref json); break;
            case "laddr": record.Laddr = Address(ref json, name); break;
            case "lport": record.Lport = (ushort)Number(ref json, name, ushort.MaxValue); break;
            case "raddr": record.Raddr = Address(ref json, name); break;
            case "rport": record.Rport = (ushort)Number(ref json, name, ushort.MaxValue); break;
            case "old": record.Old = Named<TcpState>(ref json, name, RecordNames.TryParse); break;
            case "new": record.New = Named<TcpState>(ref json, name, RecordNames.TryParse); break;
            case "in_old_ns": record.InOldNs = Number(ref json, name); break;
            case "pid": record.Pid = (uint)Number(ref json, name, uint.MaxValue); break;
            case "comm": ReadComm(ref json, record); break;
            case "uid": record.Uid = (uint)Number(ref json, name, uint.MaxValue); record.HasUid = true; break;
            case "owner_from": record.OwnerFrom = Named<OwnerFrom>(ref json, name, RecordNames.TryParse); break;
            case "role": record.Role = Named<Role>(ref json, name, RecordNames.TryParse); break;
            case "opened" when json.TokenType == JsonTokenType.String: record.Opened = Time(ref json, name); break;
            case "connect_ns": record.ConnectNs = Number(ref json, name); break;
            case "established_ns": record.EstablishedNs = Number(ref json, name); break;
            case "lifetime_ns": record.LifetimeNs = Number(ref json, name); break;
            case "states": ReadStateTimes(ref json, record); break;
            case "close_reason": record.CloseReason = Named<CloseReason>(ref json, name, RecordNames.TryParse); break;
            case "closed_by": record.ClosedBy = Named<ClosedBy>(ref json, name, RecordNames.TryParse); break;
            case "bytes_sent": record.BytesSent = Number(ref json, name); break;
            case "bytes_received": record.BytesReceived = Number(ref json, name); break;
            case "retransmits": record.Retransmits = Number(ref json, name); break;
            case "srtt_us": record.SrttUs = Number(ref json, name); break;
            case "reuse": record.Reuse = Named<PortReuse>(ref json, name, RecordNames.TryParse); break;
            case "reuse_gap_ns": record.ReuseGapNs = Number(ref json, name); break;
            case "began": record.Began = Time(ref json, name); break;
            case "fin_wait2_ns": record.FinWait2Ns = Number(ref json, name); break;
            case "duration_ns": record.DurationNs = Number(ref json, name); break;
            case "ended": record.Ended = Named<MiniSocketEnding>(ref json, name, RecordNames.TryParse); record.HasEnded = true; break;
            case "precision": record.IsInferred = Text(ref json, name) == "inferred"; break;
            case "pool": record.Pool = Number(ref json, name); break;
            case "taken": record.Taken = Number(ref json, name); break;
            case "count": record.LostCount = Number(ref json, name); break;
            case "where": record.LostWhere = Named<LossPlace>(ref json, name, RecordNames.TryParse); break;
            default: ReadRareField(ref json, name, record); break;
        }
    }

    /// <summary>Of header, stats and end.</summary>
    private void ReadRareField(ref Utf8JsonReader json, string name, TraceRecord record)
    {
        switch (name)
        {
            case "schema": Header(record).Schema = (int)Number(ref json, name, int.MaxValue); break;
            case "version": Header(record).Version = Text(ref json, name); break;
            case "host": Header(record).Host = Text(ref json, name); break;
            case "boot_id": Header(record).BootId = Text(ref json, name); break;
            case "kernel": Header(record).Kernel = Text(ref json, name); break;
            case "source": Header(record).Source = Text(ref json, name); break;
            case "time_wait" when json.TokenType == JsonTokenType.String: Header(record).TimeWait = Text(ref json, name); break;
            case "time_wait": Stats(record).TimeWait = Number(ref json, name); break;
            case "filters": Header(record).Filters = Text(ref json, name); break;
            case "port_range": Header(record).PortRange = Text(ref json, name); break;
            case "reserved_ports": Header(record).ReservedPorts = Text(ref json, name); break;
            case "fin_timeout_s": Header(record).FinTimeoutSeconds = Number(ref json, name); break;
            case "tw_reuse": Header(record).TimeWaitReuse = Number(ref json, name); break;
            case "max_tw_buckets": Header(record).MaxTimeWaitBuckets = Number(ref json, name); break;
            case "interval_ns": Stats(record).IntervalNs = Number(ref json, name); break;
            case "opened": Stats(record).Opened = Number(ref json, name); break;
            case "closed": Stats(record).Closed = Number(ref json, name); break;
            case "failed": Stats(record).Failed = Number(ref json, name); break;
            case "live": Stats(record).Live = Number(ref json, name); break;
            case "pools": ReadPools(ref json, Stats(record)); break;
            case "continued": End(record).IsContinued = json.TokenType == JsonTokenType.True; break;
            case "unmatched": End(record).Unmatched = Number(ref json, name); break;
            case "lost": ReadLost(ref json, End(record)); break;
            case "audit": ReadAudit(ref json, End(record)); break;
            default: json.Skip(); break;
        }
    }

    private static HeaderRecord Header(TraceRecord record) => record.Header ??= new HeaderRecord();

    private static StatsRecord Stats(TraceRecord record) => record.Stats ??= new StatsRecord();

    private static EndRecord End(TraceRecord record) => record.End ??= new EndRecord();

    private static void ReadId(ref Utf8JsonReader json, TraceRecord record)
    {
        string text = Text(ref json, "id");
        record.IdIsCookie = !text.StartsWith('~');
        if (!LineCursor.TryHex(Encoding.UTF8.GetBytes(record.IdIsCookie ? text : text[1..]), out record.Id))
            throw new FieldException("id", text, "a number in hex");
        record.HasId = true;
    }

    private static void ReadComm(ref Utf8JsonReader json, TraceRecord record)
    {
        string text = Text(ref json, "comm");
        if (!record.SetComm(Encoding.UTF8.GetBytes(text)))
            throw new FieldException("comm", text, "a process's name");
    }

    private static void ReadStateTimes(ref Utf8JsonReader json, TraceRecord record)
    {
        foreach ((string name, long ns) in Counts(ref json, "states"))
        {
            if (!RecordNames.TryParse(Encoding.UTF8.GetBytes(name), out TcpState state))
                throw new FieldException("states", name, "a TCP state");
            record.States.Add(state, ns);
        }
    }

    private static void ReadLost(ref Utf8JsonReader json, EndRecord end)
    {
        foreach ((string name, long count) in Counts(ref json, "lost"))
        {
            if (RecordNames.TryParse(Encoding.UTF8.GetBytes(name), out LossPlace place))
                end.Lost[(int)place] = count;
        }
    }

    private void ReadPools(ref Utf8JsonReader json, StatsRecord stats)
    {
        foreach (JsonElement pool in Elements(ref json, "pools"))
        {
            long Get(string name, long absent) => pool.TryGetProperty(name, out JsonElement value) && value.TryGetInt64(out long number)
                ? number : absent;
            IpAddress Address(string name) => pool.TryGetProperty(name, out JsonElement value)
                && _addresses.TryParse(Encoding.UTF8.GetBytes(value.GetString() ?? ""), out IpAddress address) ? address : default;
            stats.Pools.Add(new PoolRecord(
                new PoolKey(Address("laddr"), Address("raddr"), (uint)Get("netns", 0), (ushort)Get("rport", 0)),
                Get("taken", 0), Get("time_wait", 0), Get("size", 0),
                pool.TryGetProperty("opened_per_s", out JsonElement rate) ? rate.GetDouble() : 0,
                Get("empty_in_ns", -1), Get("opened", 0), Get("exhausted", 0), (uint)Get("pid", 0),
                pool.TryGetProperty("comm", out JsonElement comm) ? comm.GetString() : null));
        }
    }

    private static void ReadAudit(ref Utf8JsonReader json, EndRecord end)
    {
        foreach (JsonElement audited in Elements(ref json, "audit"))
        {
            Dictionary<string, long> Counters(string name) => audited.TryGetProperty(name, out JsonElement counters)
                ? counters.EnumerateObject().ToDictionary(counter => counter.Name, counter => counter.Value.GetInt64()) : [];
            end.Audit.Add(new AuditRecord(
                audited.TryGetProperty("netns", out JsonElement netns) ? netns.GetUInt32() : 0, Counters("kernel"), Counters("trace"),
                audited.TryGetProperty("because", out JsonElement because) ? because.GetString() : null));
        }
    }

    private static List<JsonElement> Elements(ref Utf8JsonReader json, string name)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref json);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Array || root.EnumerateArray().Any(element => element.ValueKind != JsonValueKind.Object))
            throw new FieldException(name, root.ToString(), "an array of objects");
        return [.. root.EnumerateArray().Select(element => element.Clone())];
    }

    private static List<(string Name, long Count)> Counts(ref Utf8JsonReader json, string name)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref json);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            throw new FieldException(name, root.ToString(), "an object");
        var counts = new List<(string, long)>();
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (!property.Value.TryGetInt64(out long count) || count < 0)
                throw new FieldException(name, property.Value.ToString(), "a whole number, 0 or more");
            counts.Add((property.Name, count));
        }
        return counts;
    }

    private long Time(ref Utf8JsonReader json, string name)
    {
        string text = Text(ref json, name);
        return _ts.TryParse(Encoding.UTF8.GetBytes(text), out long unixNs)
            ? unixNs
            : throw new FieldException(name, text, "a time such as 2026-11-23T10:12:13.123456789Z");
    }

    private IpAddress Address(ref Utf8JsonReader json, string name)
    {
        string text = Text(ref json, name);
        return _addresses.TryParse(Encoding.UTF8.GetBytes(text), out IpAddress address)
            ? address
            : throw new FieldException(name, text, "an IP address");
    }

    private static IpFamily Family(ref Utf8JsonReader json) => Text(ref json, "family") switch
    {
        "ipv4" => IpFamily.IPv4,
        "ipv6" => IpFamily.IPv6,
        string other => throw new FieldException("family", other, "ipv4 or ipv6"),
    };

    private static T Named<T>(ref Utf8JsonReader json, string name, Parser<T> parser)
    {
        string text = Text(ref json, name);
        return parser(Encoding.UTF8.GetBytes(text), out T value)
            ? value
            : throw new FieldException(name, text, "one of the schema's names");
    }

    private static string Text(ref Utf8JsonReader json, string name) => json.TokenType == JsonTokenType.String
        ? json.GetString()!
        : throw new FieldException(name, Encoding.UTF8.GetString(json.ValueSpan), "a text");

    private static long Number(ref Utf8JsonReader json, string name, long max = long.MaxValue) =>
        json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long value) && value >= 0 && value <= max
            ? value
            : throw new FieldException(name, Encoding.UTF8.GetString(json.ValueSpan), $"a whole number from 0 to {max}");

    private delegate bool Parser<T>(ReadOnlySpan<byte> name, out T value);

    /// <summary>A field that is not what it should be.</summary>
    private sealed class FieldException(string name, string value, string expected)
        : JsonException($"\"{name}\" is {Quoted(value)}, not {expected}")
    {
        private const int MaxQuoted = 60;

        private static string Quoted(string value) => string.Concat("\"", value.AsSpan(0, Math.Min(value.Length, MaxQuoted)), "\"");
    }
}

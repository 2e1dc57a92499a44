using System.Text;
using System.Text.Json;
using SockTrace.Events;

namespace SockTrace.Reading;

/// <summary>
/// Reads any line of a trace, in any field order. Types and fields that it does not know are
/// passed over: the schema may grow. What a line lacks, or has wrongly, is an error with a reason.
/// </summary>
internal sealed class JsonRecordReader
{
    private readonly JsonFields _fields = new();
    private readonly JsonRareRecords _rare;

    public JsonRecordReader() => _rare = new JsonRareRecords(_fields);

    /// <returns>Null where <paramref name="record"/> has been filled; else why not.</returns>
    public string? Read(ReadOnlySpan<byte> line, TraceRecord record)
    {
        record.Clear();
        try
        {
            // The type first, wherever it stands: what a field means depends on it.
            if (TypeOf(line) is not string type)
                return "no \"type\"";
            Begin(record, TypeNamed(type));
            var json = new Utf8JsonReader(line);
            json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string name = json.GetString()!;
                json.Read();
                if (!TryReadField(ref json, name, record))
                    json.Skip();
            }
            if (json.Read())
                return "more than one JSON value";
            return WhatIsMissing(record) is string missing ? $"a {type} record without \"{missing}\"" : null;
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

    private static string? TypeOf(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            throw new FieldException("not a JSON object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            bool isType = json.ValueTextEquals("type"u8);
            json.Read();
            if (isType)
                return JsonFields.Text(ref json, "type");
            json.Skip();
        }
        return null;
    }

    private static RecordType TypeNamed(string name) => name switch
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

    private static void Begin(TraceRecord record, RecordType type)
    {
        record.Type = type;
        record.Header = type == RecordType.Header ? new HeaderRecord() : null;
        record.Stats = type == RecordType.Stats ? new StatsRecord() : null;
        record.End = type == RecordType.End ? new EndRecord() : null;
    }

    private static string? WhatIsMissing(TraceRecord record) => record.Type switch
    {
        RecordType.Unknown => null,
        _ when record.Ts == long.MinValue => "ts",
        RecordType.Header when record.Header!.Schema == 0 => "schema",
        RecordType.State or RecordType.Conn or RecordType.TimeWait or RecordType.PortExhausted when !record.HasId => "id",
        RecordType.State when record.New == TcpState.Unknown => "new",
        RecordType.TimeWait when !record.HasEnded => "ended",
        RecordType.Lost when record.LostCount == 0 => "count",
        _ => null,
    };

    /// <returns>Whether it is a field that such a record has.</returns>
    private bool TryReadField(ref Utf8JsonReader json, string name, TraceRecord record)
    {
        if (record.Type == RecordType.Unknown)
            return false;
        if (name == "ts")
        {
            record.Ts = _fields.Time(ref json, name);
            return true;
        }
        return record.Type switch
        {
            RecordType.Header => JsonRareRecords.TryHeader(ref json, name, record.Header!),
            RecordType.Lost => TryLost(ref json, name, record),
            RecordType.Stats => _rare.TryStats(ref json, name, record.Stats!),
            RecordType.End => JsonRareRecords.TryEnd(ref json, name, record.End!),
            RecordType.State => TrySocket(ref json, name, record),
            _ => TrySocket(ref json, name, record) || TryClosed(ref json, name, record),
        };
    }

    private static bool TryLost(ref Utf8JsonReader json, string name, TraceRecord record)
    {
        switch (name)
        {
            case "count": record.LostCount = JsonFields.Number(ref json, name); return true;
            case "where": record.LostWhere = JsonFields.Named(ref json, name, NameTables.LossPlaces); return true;
            default: return false;
        }
    }

    /// <summary>Which socket, whose it is, and what states and port_exhausted records say of it.</summary>
    private bool TrySocket(ref Utf8JsonReader json, string name, TraceRecord record)
    {
        switch (name)
        {
            case "seq": record.Seq = JsonFields.Number(ref json, name); break;
            case "id": ReadId(ref json, record); break;
            case "netns": record.Netns = (uint)JsonFields.Number(ref json, name, uint.MaxValue); break;
            case "cgroup": record.Cgroup = (ulong)JsonFields.Number(ref json, name); break;
            case "family": record.Family = JsonFields.Family(ref json); break;
            case "laddr": record.Laddr = _fields.Address(ref json, name); break;
            case "lport": record.Lport = (ushort)JsonFields.Number(ref json, name, ushort.MaxValue); break;
            case "raddr": record.Raddr = _fields.Address(ref json, name); break;
            case "rport": record.Rport = (ushort)JsonFields.Number(ref json, name, ushort.MaxValue); break;
            case "old": record.Old = JsonFields.Named(ref json, name, NameTables.States); break;
            case "new": record.New = JsonFields.Named(ref json, name, NameTables.States); break;
            case "in_old_ns": record.InOldNs = JsonFields.Number(ref json, name); break;
            case "pid": record.Pid = (uint)JsonFields.Number(ref json, name, uint.MaxValue); break;
            case "comm": ReadComm(ref json, record); break;
            case "uid": record.Uid = (uint)JsonFields.Number(ref json, name, uint.MaxValue); record.HasUid = true; break;
            case "owner_from": record.OwnerFrom = JsonFields.Named(ref json, name, NameTables.OwnersFrom); break;
            case "role": record.Role = JsonFields.Named(ref json, name, NameTables.Roles); break;
            case "pool": record.Pool = JsonFields.Number(ref json, name); break;
            case "taken": record.Taken = JsonFields.Number(ref json, name); break;
            default: return false;
        }
        return true;
    }

    /// <summary>What conn and time_wait records say of what is over.</summary>
    private bool TryClosed(ref Utf8JsonReader json, string name, TraceRecord record)
    {
        switch (name)
        {
            case "opened": record.Opened = _fields.Time(ref json, name); break;
            case "connect_ns": record.ConnectNs = JsonFields.Number(ref json, name); break;
            case "established_ns": record.EstablishedNs = JsonFields.Number(ref json, name); break;
            case "lifetime_ns": record.LifetimeNs = JsonFields.Number(ref json, name); break;
            case "states": ReadStateTimes(ref json, record); break;
            case "close_reason": record.CloseReason = JsonFields.Named(ref json, name, NameTables.Reasons); break;
            case "closed_by": record.ClosedBy = JsonFields.Named(ref json, name, NameTables.Closers); break;
            case "bytes_sent": record.BytesSent = JsonFields.Number(ref json, name); break;
            case "bytes_received": record.BytesReceived = JsonFields.Number(ref json, name); break;
            case "retransmits": record.Retransmits = JsonFields.Number(ref json, name, uint.MaxValue); break;
            case "srtt_us": record.SrttUs = JsonFields.Number(ref json, name, uint.MaxValue); break;
            case "reuse": record.Reuse = JsonFields.Named(ref json, name, NameTables.Reuses); break;
            case "reuse_gap_ns": record.ReuseGapNs = JsonFields.Number(ref json, name); break;
            case "began": record.Began = _fields.Time(ref json, name); break;
            case "fin_wait2_ns": record.FinWait2Ns = JsonFields.Number(ref json, name); break;
            case "duration_ns": record.DurationNs = JsonFields.Number(ref json, name); break;
            case "ended":
                record.Ended = JsonFields.Named(ref json, name, NameTables.Endings);
                record.HasEnded = true;
                break;
            case "precision": record.IsInferred = JsonFields.Text(ref json, name) == "inferred"; break;
            default: return false;
        }
        return true;
    }

    private static void ReadId(ref Utf8JsonReader json, TraceRecord record)
    {
        string text = JsonFields.Text(ref json, "id");
        record.IdIsCookie = !text.StartsWith('~');
        if (!LineCursor.TryHex(Encoding.UTF8.GetBytes(record.IdIsCookie ? text : text[1..]), out record.Id))
            throw new FieldException("id", text, "a number in hex");
        record.HasId = true;
    }

    private static void ReadComm(ref Utf8JsonReader json, TraceRecord record)
    {
        string text = JsonFields.Text(ref json, "comm");
        if (!record.SetComm(Encoding.UTF8.GetBytes(text)))
            throw new FieldException("comm", text, "a process's name");
    }

    private static void ReadStateTimes(ref Utf8JsonReader json, TraceRecord record)
    {
        foreach ((string name, long ns) in JsonFields.Counts(ref json, "states"))
        {
            if (!NameTables.States.TryParse(Encoding.UTF8.GetBytes(name), out TcpState state))
                throw new FieldException("states", name, "a TCP state");
            record.States.Add(state, ns);
        }
    }
}

using System.Text.Json;
using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Reading;

/// <summary>The records that are few and have fields of their own: header, stats and end.</summary>
internal sealed class JsonRareRecords(JsonFields fields)
{
    /// <summary>A program's name takes fifteen; some escaped bytes more must not matter.</summary>
    private const int MaxComm = 255;

    /// <returns>Whether it is a field that such a record has; likewise below.</returns>
    public static bool TryHeader(ref Utf8JsonReader json, string name, HeaderRecord header)
    {
        switch (name)
        {
            case "schema": header.Schema = (int)JsonFields.Number(ref json, name, int.MaxValue); break;
            case "version": header.Version = JsonFields.Text(ref json, name); break;
            case "host": header.Host = JsonFields.Text(ref json, name); break;
            case "boot_id": header.BootId = JsonFields.Text(ref json, name); break;
            case "kernel": header.Kernel = JsonFields.Text(ref json, name); break;
            case "source": header.Source = JsonFields.Text(ref json, name); break;
            case "time_wait": header.TimeWait = JsonFields.Text(ref json, name); break;
            case "filters": header.Filters = JsonFields.Text(ref json, name); break;
            case "port_range": header.PortRange = JsonFields.Text(ref json, name); break;
            case "reserved_ports": header.ReservedPorts = JsonFields.Text(ref json, name); break;
            case "fin_timeout_s": header.FinTimeoutSeconds = JsonFields.Number(ref json, name); break;
            case "tw_reuse": header.TimeWaitReuse = JsonFields.Number(ref json, name); break;
            case "max_tw_buckets": header.MaxTimeWaitBuckets = JsonFields.Number(ref json, name); break;
            default: return false;
        }
        return true;
    }

    public bool TryStats(ref Utf8JsonReader json, string name, StatsRecord stats)
    {
        switch (name)
        {
            case "interval_ns": stats.IntervalNs = JsonFields.Number(ref json, name); break;
            case "opened": stats.Opened = JsonFields.Number(ref json, name); break;
            case "closed": stats.Closed = JsonFields.Number(ref json, name); break;
            case "failed": stats.Failed = JsonFields.Number(ref json, name); break;
            case "live": stats.Live = JsonFields.Number(ref json, name); break;
            case "time_wait": stats.TimeWait = JsonFields.Number(ref json, name); break;
            case "pools": ReadObjects(ref json, name, pool => stats.Pools.Add(Pool(pool))); break;
            default: return false;
        }
        return true;
    }

    public static bool TryEnd(ref Utf8JsonReader json, string name, EndRecord end)
    {
        switch (name)
        {
            case "continued": end.IsContinued = JsonFields.Truth(ref json, name); break;
            case "unmatched": end.Unmatched = JsonFields.Number(ref json, name); break;
            case "lost": ReadLost(ref json, end); break;
            case "audit": ReadObjects(ref json, name, audited => end.Audit.Add(Audited(audited))); break;
            default: return false;
        }
        return true;
    }

    private static void ReadLost(ref Utf8JsonReader json, EndRecord end)
    {
        foreach ((string name, long count) in JsonFields.Counts(ref json, "lost"))
        {
            if (NameTables.LossPlaces.TryParse(System.Text.Encoding.UTF8.GetBytes(name), out LossPlace place))
                end.Lost[(int)place] = count;
        }
    }

    private PoolRecord Pool(JsonElement pool)
    {
        long Number(string name, long absent = 0, long max = long.MaxValue) =>
            pool.TryGetProperty(name, out JsonElement value) ? JsonFields.Number(value, name, max) : absent;
        IpAddress Address(string name) =>
            pool.TryGetProperty(name, out JsonElement value) ? fields.Address(JsonFields.Text(value, name), name) : default;
        return new PoolRecord(
            new PoolKey(Address("laddr"), Address("raddr"), (uint)Number("netns", max: uint.MaxValue), (ushort)Number("rport", max: ushort.MaxValue)),
            Number("taken"), Number("time_wait"), Number("size"), Rate(pool, "opened_per_s"),
            Number("empty_in_ns", absent: -1), Number("opened"), Number("exhausted"), (uint)Number("pid", max: uint.MaxValue),
            pool.TryGetProperty("comm", out JsonElement comm) ? Comm(comm) : null);
    }

    private static double Rate(JsonElement pool, string name)
    {
        if (!pool.TryGetProperty(name, out JsonElement value))
            return 0;
        // 1e999 is a JSON number, and infinite.
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double rate) && rate >= 0 && double.IsFinite(rate)
            ? rate
            : throw new FieldException(name, value.ToString(), "a number, 0 or more");
    }

    private static string Comm(JsonElement value) => JsonFields.Text(value, "comm") is { Length: <= MaxComm } comm
        ? comm
        : throw new FieldException("comm", value.ToString(), "a process's name");

    private static AuditRecord Audited(JsonElement audited)
    {
        Dictionary<string, long> Counters(string name)
        {
            var counters = new Dictionary<string, long>();
            if (audited.TryGetProperty(name, out JsonElement value))
            {
                foreach ((string counter, long count) in JsonFields.Counts(value, name))
                    counters[counter] = count;
            }
            return counters;
        }
        return new AuditRecord(
            audited.TryGetProperty("netns", out JsonElement netns) ? (uint)JsonFields.Number(netns, "netns", uint.MaxValue) : 0,
            Counters("kernel"), Counters("trace"),
            audited.TryGetProperty("because", out JsonElement because) ? JsonFields.Text(because, "because") : null);
    }

    private static void ReadObjects(ref Utf8JsonReader json, string name, Action<JsonElement> read)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref json);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Array)
            throw new FieldException(name, root.ToString(), "an array of objects");
        foreach (JsonElement element in root.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Object)
                throw new FieldException(name, element.ToString(), "an object");
            read(element);
        }
    }
}

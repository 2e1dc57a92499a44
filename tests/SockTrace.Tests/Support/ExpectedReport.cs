using System.Globalization;
using System.Text.Json;

namespace SockTrace.Tests.Support;

/// <summary>Every number that a report on one trace must have, by its path, as SQL computes it.</summary>
internal sealed class ExpectedReport
{
    /// <summary>A pool's name in paths.</summary>
    public const string Pool = "netns || '|' || coalesce(laddr, '::') || '|' || coalesce(raddr, '::') || '|' || coalesce(rport, 0)";

    /// <summary>Which connections are in a pool.</summary>
    public const string InPool = "role = 'client' AND coalesce(rport, 0) <> 0";

    private readonly TraceSql _sql;
    private readonly Dictionary<string, object> _expected = [];
    private readonly Dictionary<string, List<long>> _values = [];
    private readonly HashSet<string> _met = [];

    public ExpectedReport(TraceSql sql)
    {
        _sql = sql;
        Add("schema", 1L);
        Trace();
        Connections("connections", "true");
        Distributions("metrics", "true");
        foreach ((string by, string column) in (ReadOnlySpan<(string, string)>)[("destination", "destination"), ("process", "process"), ("netns", "space")])
        {
            Add($"groups/{by}/merged", 0L);
            foreach (object?[] row in sql.Rows($"SELECT DISTINCT {column} FROM (SELECT {column} FROM conns UNION ALL SELECT {column} FROM waits)"))
            {
                string key = (string)row[0]!, condition = $"{column} = '{key.Replace("'", "''", StringComparison.Ordinal)}'";
                Connections($"groups/{by}/{key}/connections", condition);
                Distributions($"groups/{by}/{key}/metrics", condition);
            }
        }
        TimeLine();
        Pools();
    }

    /// <summary>Fails for a number that is wrong, for one that nobody computed, and for one that is missing.</summary>
    public void Check(JsonElement report)
    {
        Walk(report, "");
        new ExpectedFindings(_sql).Check(report.GetProperty("findings"));
        Assert.Empty(_expected.Keys.Except(_met));
    }

    private void Trace()
    {
        foreach (object?[] row in _sql.Rows("SELECT type, count(*) FROM records GROUP BY type"))
            Add($"traces/0/records/{row[0]}", row[1]);
        Rows("traces/0", "SELECT count(*) AS lines, 0 AS malformed, 0 AS clock_steps, max(unix_ns) - min(unix_ns) AS duration_ns, coalesce(sum(unmatched), 0) AS unmatched FROM records");
        Rows("traces/0/header", "SELECT schema, fin_timeout_s, tw_reuse, max_tw_buckets FROM records WHERE type = 'header'");
        foreach (string place in (string[])["ring", "kernel", "queue", "table"])
        {
            object? lost = _sql.Value($"SELECT greatest((SELECT coalesce(sum(count), 0) FROM records WHERE type = 'lost' AND \"where\" = '{place}'), (SELECT coalesce(sum((lost->>'{place}')::BIGINT), 0) FROM records WHERE type = 'end'))");
            Add($"traces/0/lost/{place}", lost);
            Add($"lost/{place}", lost);
        }
        Rows("", """
            SELECT count(*) FILTER (type = 'port_exhausted') AS port_exhausted,
                count(*) FILTER (type = 'state' AND ("new" = 'SYN_SENT' OR ("new" = 'SYN_RECV' AND old = 'LISTEN'))) AS opened FROM records
            """);
        Add("open_at_end", _sql.Value($"SELECT count(*) FROM {Open}"));
    }

    /// <summary>The last that was seen of each connection, where it was no CLOSE.</summary>
    public static string Open => """
        (SELECT last.*, (SELECT arg_min(first."new" = 'SYN_RECV' OR first.old = 'LISTEN', first.line) FROM records AS first
                WHERE first.type = 'state' AND first.id = last.id AND first.line > coalesce((SELECT max(gone.line) FROM records AS gone
                    WHERE gone.id = last.id AND (gone."new" IN ('CLOSE', 'LISTEN') OR gone.type = 'conn')), 0)) AS is_server
            FROM (SELECT * FROM records WHERE type = 'state' OR (type = 'conn' AND role <> 'listener')
                QUALIFY row_number() OVER (PARTITION BY id ORDER BY line DESC) = 1) AS last WHERE type = 'state' AND "new" NOT IN ('CLOSE', 'LISTEN'))
        """;

    private void Connections(string path, string condition)
    {
        Rows(path, $"""
            SELECT count(*) AS closed, count(*) FILTER (failed) AS failed, coalesce(sum(bytes_sent), 0) AS bytes_sent, coalesce(sum(bytes_received), 0) AS bytes_received,
                coalesce(sum(retransmits), 0) AS retransmits, count(*) FILTER (retransmits > 0) AS retransmitting FROM conns WHERE {condition}
            """);
        foreach ((string name, string column, string table) in (ReadOnlySpan<(string, string, string)>)[
            ("by_role", "role", "conns"), ("by_reason", "coalesce(close_reason, 'unknown')", "conns"), ("by_closer", "coalesce(closed_by, 'unknown')", "conns"), ("time_waits", "ended", "waits")])
        {
            foreach (object?[] row in _sql.Rows($"SELECT {column}, count(*) FROM {table} WHERE {condition} GROUP BY 1"))
                Add($"{path}/{name}/{row[0]}", row[1]);
        }
    }

    private void Distributions(string path, string condition)
    {
        foreach (object?[] row in _sql.Rows($"SELECT metric, list(ns ORDER BY ns), sum(ns) // count(*), count(*) FILTER (inferred) FROM times WHERE {condition} GROUP BY metric"))
        {
            string metric = $"{path}/{row[0]}";
            var values = (List<long>)row[1]!;
            _values.Add(metric, values);
            Add($"{metric}/count", (long)values.Count);
            Add($"{metric}/min_ns", values[0]);
            Add($"{metric}/max_ns", values[^1]);
            Add($"{metric}/mean_ns", row[2]);
            if ((string)row[0]! == "time_wait")
                Add($"{metric}/inferred", row[3]);
            foreach ((string name, long perMille) in (ReadOnlySpan<(string, long)>)[("p50_ns", 500), ("p90_ns", 900), ("p99_ns", 990), ("p999_ns", 999)])
                Add($"{metric}/{name}", new Nearly(values[(int)Math.Max(1, ((perMille * values.Count) + 999) / 1000) - 1]));
        }
    }

    private void TimeLine()
    {
        object?[] span = _sql.Rows("""
            SELECT (SELECT min(unix_ns) // 1000000000 * 1000000000 FROM records), max(unix_ns) FROM (SELECT unix_ns FROM records
                WHERE type = 'stats' OR (type = 'conn' AND role <> 'listener') OR (type = 'state' AND ("new" = 'SYN_SENT' OR ("new" = 'SYN_RECV' AND old = 'LISTEN'))))
            """).Single();
        (long begin, long step) = ((long)span[0]!, 1_000_000_000);
        while (((long)span[1]! - begin) / step >= 720)
            step *= 2;
        int steps = (int)(((long)span[1]! - begin) / step) + 1;
        string at = $"(unix_ns - {begin}) // {step}";
        Add("time_line/step_ns", step);
        Series("opened", 0, $"SELECT {at}, count(*) FROM records WHERE type = 'state' AND (\"new\" = 'SYN_SENT' OR (\"new\" = 'SYN_RECV' AND old = 'LISTEN')) GROUP BY 1");
        Series("closed", 0, $"SELECT {at}, count(*) FROM conns GROUP BY 1");
        Series("failed", 0, $"SELECT {at}, count(*) FROM conns WHERE failed GROUP BY 1");
        Series("live", -1, $"SELECT {at}, max(live) FROM records WHERE type = 'stats' GROUP BY 1");
        Series("time_wait", -1, $"SELECT {at}, max(time_wait::BIGINT) FROM records WHERE type = 'stats' GROUP BY 1");
        foreach (object?[] row in _sql.Rows($"SELECT DISTINCT {Pool} FROM looks WHERE is_look"))
        {
            Series($"../pools/{row[0]}/taken", -1, $"SELECT {at}, max(taken) FROM looks WHERE is_look AND {Pool} = '{row[0]}' GROUP BY 1");
            Series($"../pools/{row[0]}/time_wait", -1, $"SELECT {at}, max(time_wait) FROM looks WHERE is_look AND {Pool} = '{row[0]}' GROUP BY 1");
        }

        void Series(string name, long nothing, string sql)
        {
            string path = name.StartsWith("../", StringComparison.Ordinal) ? name[3..] : $"time_line/{name}";
            for (int i = 0; i < steps; i++)
                Add($"{path}/{i}", nothing);
            foreach (object?[] row in _sql.Rows(sql))
                _expected[$"{path}/{row[0]}"] = row[1]!;
        }
    }

    private void Pools()
    {
        object? range = _sql.Value("SELECT split_part(port_range, '-', 2)::BIGINT - split_part(port_range, '-', 1)::BIGINT + 1 FROM records WHERE type = 'header'");
        foreach (object?[] row in _sql.Rows($"SELECT DISTINCT {Pool}, netns, coalesce(rport, 0) FROM (SELECT netns, laddr, raddr, rport FROM conns WHERE {InPool} UNION ALL SELECT netns, laddr, raddr, rport FROM looks)"))
        {
            string path = $"pools/{row[0]}", its = $"{Pool} = '{row[0]}'";
            Add($"{path}/netns", row[1]);
            Add($"{path}/rport", row[2]);
            Rows(path, $"SELECT count(*) AS connections, count(*) / greatest(1, (SELECT max(unix_ns) - min(unix_ns) FROM records) / 1e9) AS connections_per_second FROM conns WHERE {InPool} AND {its}");
            Rows(path, $"SELECT nullif(max(opened_per_s), 0) AS opened_per_second_max, min(empty_in_ns) AS empty_in_ns_min, max(taken) AS taken_max, max(time_wait) AS time_wait_max, count(*) FILTER (NOT is_look) AS port_exhausted FROM looks WHERE {its}");
            long size = (long)(_sql.Rows($"SELECT size FROM looks WHERE {its} AND size > 0 ORDER BY line DESC LIMIT 1").FirstOrDefault()?[0] ?? range)!;
            Add($"{path}/size", size);
            Add($"{path}/sustainable_per_second", size / 60.0);
            object?[]? burner = _sql.Rows($"SELECT count(*) FROM conns WHERE {InPool} AND {its} AND comm IS NOT NULL GROUP BY comm ORDER BY 1 DESC LIMIT 1").FirstOrDefault();
            bool isKnown = burner is not null || (long)_sql.Value($"SELECT count(comm) FROM looks WHERE {its}")! > 0;
            if (isKnown)
                Add($"{path}/comm_connections", burner?[0] ?? 0L);
        }
    }

    private void Walk(JsonElement value, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in value.EnumerateObject().Where(property => path.Length > 0 || property.Name != "findings"))
                    Walk(property.Value, path.Length == 0 ? property.Name : $"{path}/{property.Name}");
                break;
            case JsonValueKind.Array when path.EndsWith("/buckets", StringComparison.Ordinal):
                CheckBuckets(value, _values[path[..^"/buckets".Length]]);
                break;
            case JsonValueKind.Array when path.EndsWith("/percentiles", StringComparison.Ordinal):
                CheckPercentiles(value, _values[path[..^"/percentiles".Length]]);
                break;
            case JsonValueKind.Array:
                foreach ((int i, JsonElement element) in value.EnumerateArray().Index())
                    Walk(element, $"{path}/{KeyOf(element, path) ?? i.ToString(CultureInfo.InvariantCulture)}".Replace("/groups/groups/", "/groups/", StringComparison.Ordinal));
                break;
            case JsonValueKind.Number:
                CheckNumber(value, path.Replace("/groups/", "/", StringComparison.Ordinal));
                break;
        }
    }

    private static string? KeyOf(JsonElement element, string path) => path switch
    {
        "groups" => element.Text("by"),
        "pools" => $"{element.Number("netns")}|{element.Text("laddr")}|{element.Text("raddr")}|{element.Number("rport")}",
        _ => element.ValueKind == JsonValueKind.Object ? element.Text("key") : null,
    };

    private void CheckNumber(JsonElement value, string path)
    {
        Assert.True(_expected.TryGetValue(path, out object? expected), $"nobody computed {path}, which is {value}");
        _met.Add(path);
        switch (expected)
        {
            case Nearly(long exact): AssertNearly(exact, value.GetInt64(), path); break;
            case double number: Assert.True(Math.Abs(value.GetDouble() - number) <= 1e-9 * Math.Abs(number), $"{path}: {value}, not {number}"); break;
            default: Assert.True(value.GetInt64() == (long)expected!, $"{path}: {value}, not {expected}"); break;
        }
    }

    private static void AssertNearly(long exact, long actual, string path) =>
        Assert.True(Math.Abs(actual - exact) <= exact / 1000.0, $"{path}: {actual}, not {exact}");

    private static void CheckBuckets(JsonElement buckets, List<long> values)
    {
        long before = -1, count = 0;
        foreach (long[] bucket in buckets.EnumerateArray().Select(bucket => bucket.EnumerateArray().Select(number => number.GetInt64()).ToArray()))
        {
            Assert.True(before <= bucket[0] && bucket[0] < bucket[1]);
            Assert.True(bucket[1] - bucket[0] <= Math.Max(1, bucket[0] / 4), "a quarter of an octave");
            Assert.Equal(values.Count(value => value >= bucket[0] && value < bucket[1]), bucket[2]);
            (before, count) = (bucket[1], count + bucket[2]);
        }
        Assert.Equal(values.Count, count);
    }

    private static void CheckPercentiles(JsonElement percentiles, List<long> values)
    {
        double before = -1;
        foreach (JsonElement point in percentiles.EnumerateArray())
        {
            (double percent, long actual) = (point[0].GetDouble(), point[1].GetInt64());
            Assert.True(percent >= before && percent <= 100);
            // The percentage is rounded to six digits: a rank that it lies on may be the next.
            double rank = percent / 100 * values.Count;
            long low = values[(int)Math.Max(1, Math.Ceiling(rank - 1e-3)) - 1], high = values[Math.Min(values.Count, (int)Math.Max(1, Math.Ceiling(rank + 1e-3))) - 1];
            Assert.InRange(actual, low * 0.999, high * 1.001);
            before = percent;
        }
        Assert.Equal(100, before);
        Assert.Equal(values[^1], percentiles.EnumerateArray().Last()[1].GetInt64());
    }

    private void Rows(string path, string sql)
    {
        // The names of the columns are those of the report.
        object?[] row = _sql.Rows(sql).Single();
        object?[] names = [.. _sql.Rows($"SELECT column_name FROM (DESCRIBE {sql})").Select(column => column[0])];
        foreach ((object? name, object? value) in names.Zip(row))
            Add(path.Length == 0 ? $"{name}" : $"{path}/{name}", value);
    }

    /// <summary>What is null is absent from the report.</summary>
    private void Add(string path, object? value)
    {
        if (value is not null)
            _expected.Add(path, value);
    }

    /// <summary>True to a thousandth.</summary>
    private sealed record Nearly(long Exact);
}

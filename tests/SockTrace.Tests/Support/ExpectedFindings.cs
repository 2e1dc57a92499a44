using System.Globalization;
using System.Text.Json;

namespace SockTrace.Tests.Support;

/// <summary>The numbers that findings rest on, as SQL computes them.</summary>
internal sealed class ExpectedFindings(TraceSql sql)
{
    /// <summary>Fails for a number that is wrong, and for one that nobody computed.</summary>
    public void Check(JsonElement findings)
    {
        foreach (JsonElement finding in findings.EnumerateArray())
        {
            string id = finding.Text("id")!;
            JsonElement evidence = finding.GetProperty("evidence");
            Dictionary<string, object> expected = Of(id, evidence);
            foreach (JsonProperty number in evidence.EnumerateObject().Where(number => number.Value.ValueKind == JsonValueKind.Number))
            {
                Assert.True(expected.TryGetValue(number.Name, out object? value), $"nobody computed {id}/{number.Name}");
                Assert.Equal(Convert.ToDouble(value, CultureInfo.InvariantCulture), number.Value.GetDouble(), Math.Abs(number.Value.GetDouble()) * 1e-9);
            }
            Assert.Contains(evidence.EnumerateObject(), number => number.Value.ValueKind == JsonValueKind.Number);
        }
    }

    private Dictionary<string, object> Of(string id, JsonElement evidence) => id switch
    {
        "pool-exhausted" or "pool-filling" or "pool-busy" => OfPool(evidence),
        "close-wait" or "stuck-closing" or "never-closed" => Row($"""
            SELECT count(*) AS connections, max((SELECT max(unix_ns) FROM records) - unix_ns) AS longest_ns
            FROM (SELECT *, CASE WHEN is_server THEN endpoint(laddr, lport) || ' (here)' ELSE endpoint(raddr, rport) END AS destination FROM {ExpectedReport.Open})
            WHERE (SELECT max(unix_ns) FROM records) - unix_ns >= 60000000000 AND "new" = '{evidence.Text("state")}'
                AND comm IS NOT DISTINCT FROM {(evidence.Text("comm") is string comm ? Quoted(comm) : "NULL")} AND destination = {Quoted(evidence.Text("destination")!)}
            """),
        "time-wait-overflow" => Row("SELECT count(*) AS overflows, (SELECT max_tw_buckets FROM records WHERE type = 'header') AS max_tw_buckets FROM waits WHERE ended = 'overflow'"),
        "orphans" => Row("SELECT count(fin_wait2_ns) AS orphans, max(fin_wait2_ns) AS longest_ns, (SELECT fin_timeout_s FROM records WHERE type = 'header') AS fin_timeout_s FROM waits"),
        _ => Row($"""
            SELECT count(*) AS connections, count(*) FILTER (close_reason = '{(id == "connects-refused" ? "refused" : "unreachable")}') AS failed,
                count(*) FILTER (close_reason = 'timed_out') AS timed_out, count(*) FILTER (connect_ns >= 1000000000) AS slow,
                count(*) FILTER (failed AND close_reason = 'disconnected') AS given_up,
                coalesce(max(lifetime_ns) FILTER (failed AND close_reason = 'disconnected'), 0) AS longest_ns,
                count(*) FILTER (retransmits > 0) AS retransmitting, sum(retransmits) AS segments, count(*) FILTER (close_reason = 'reset_by_peer') AS reset
            FROM conns WHERE {ExpectedReport.InPool} AND endpoint(raddr, rport) = {Quoted(evidence.Text("destination")!)}
            """),
    };

    private Dictionary<string, object> OfPool(JsonElement evidence)
    {
        string its = $"{ExpectedReport.Pool} = '{evidence.Number("netns")}|{evidence.Text("laddr")}|{evidence.Text("raddr")}|{evidence.Number("rport")}'";
        return Row($"""
            SELECT *, size / 60 AS sustainable_per_second, greatest(fastest, connections / greatest(1, (SELECT max(unix_ns) - min(unix_ns) FROM records) / 1e9)) AS opened_per_second_max
            FROM (SELECT {evidence.Number("netns")} AS netns, {evidence.Number("rport")} AS rport, max(taken) AS taken_max, max(time_wait) AS time_wait_max,
                count(*) FILTER (NOT is_look) AS port_exhausted, coalesce((SELECT size FROM looks WHERE {its} AND size > 0 ORDER BY line DESC LIMIT 1),
                    (SELECT split_part(port_range, '-', 2)::BIGINT - split_part(port_range, '-', 1)::BIGINT + 1 FROM records WHERE type = 'header')) AS size,
                (SELECT count(*) FROM conns WHERE {ExpectedReport.InPool} AND {its}) AS connections,
                (SELECT count(*) FROM conns WHERE {ExpectedReport.InPool} AND {its} AND reuse = 'in_time_wait') AS reused,
                coalesce(max(opened_per_s), 0) AS fastest FROM looks WHERE {its})
            """);
    }

    private Dictionary<string, object> Row(string query)
    {
        object?[] row = sql.Rows(query).Single();
        return sql.Rows($"SELECT column_name FROM (DESCRIBE {query})").Select(column => (string)column[0]!).Zip(row)
            .Where(column => column.Second is not null).ToDictionary(column => column.First, column => column.Second!);
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}

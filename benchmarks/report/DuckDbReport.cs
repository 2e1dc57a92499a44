using System.Diagnostics;
using DuckDB.NET.Data;

namespace SockTrace.ReportBench;

/// <summary>The same percentiles of the same metrics, in one pass over the file with the columns that it needs and no others.</summary>
internal static class DuckDbReport
{
    private static readonly (string Name, string Value)[] Metrics =
    [
        ("connect", "connect_ns"), ("established", "established_ns"), ("lifetime", "lifetime_ns"), ("fin_wait1", "states.FIN_WAIT1"),
        ("fin_wait2", "states.FIN_WAIT2"), ("closing", "states.CLOSING"), ("close_wait", "states.CLOSE_WAIT"), ("last_ack", "states.LAST_ACK"),
        ("orphan_fin_wait2", "fin_wait2_ns"), ("time_wait", "duration_ns"), ("reuse_gap", "reuse_gap_ns"), ("srtt", "srtt_us * 1000"),
    ];

    /// <returns>Seconds, without the start of the runtime.</returns>
    public static double Run(string path, int threads)
    {
        var watch = Stopwatch.StartNew();
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = $"SET threads={threads}";
        command.ExecuteNonQuery();
        string columns = string.Join(", ", Metrics.Select(metric =>
            $"count({metric.Value}), min({metric.Value}), max({metric.Value}), avg({metric.Value}), quantile_disc({metric.Value}, [0.5, 0.9, 0.99, 0.999])"));
        command.CommandText = $$"""
            SELECT {{columns}} FROM read_json('{{path}}', format = 'newline_delimited', columns = {
                type: 'VARCHAR', role: 'VARCHAR', connect_ns: 'BIGINT', established_ns: 'BIGINT', lifetime_ns: 'BIGINT',
                states: 'STRUCT(FIN_WAIT1 BIGINT, FIN_WAIT2 BIGINT, CLOSING BIGINT, CLOSE_WAIT BIGINT, LAST_ACK BIGINT)',
                fin_wait2_ns: 'BIGINT', duration_ns: 'BIGINT', reuse_gap_ns: 'BIGINT', srtt_us: 'BIGINT' })
            WHERE type = 'time_wait' OR (type = 'conn' AND role <> 'listener')
            """;
        using DuckDBDataReader reader = command.ExecuteReader();
        while (reader.Read())
            _ = reader.GetValue(0);
        return watch.Elapsed.TotalSeconds;
    }
}

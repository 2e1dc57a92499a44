using System.Globalization;
using DuckDB.NET.Data;

namespace SockTrace.Tests.Support;

/// <summary>A trace in DuckDB, which knows the schema and nothing of our code.</summary>
internal sealed class TraceSql : IDisposable
{
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");

    public TraceSql(string path)
    {
        _connection.Open();
        // One thread keeps the order of lines.
        Execute("SET threads = 1");
        Execute($$"""
            CREATE TABLE records AS SELECT row_number() OVER () AS line, epoch_ns(replace(replace(ts, 'T', ' '), 'Z', '')::TIMESTAMP_NS) AS unix_ns, *
            FROM read_json('{{path}}', format = 'newline_delimited', maximum_object_size = 33554432, columns = {
                type: 'VARCHAR', ts: 'VARCHAR', host: 'VARCHAR', schema: 'BIGINT', port_range: 'VARCHAR', fin_timeout_s: 'BIGINT', tw_reuse: 'BIGINT',
                max_tw_buckets: 'BIGINT', seq: 'BIGINT', id: 'VARCHAR', netns: 'BIGINT', laddr: 'VARCHAR', lport: 'BIGINT', raddr: 'VARCHAR', rport: 'BIGINT',
                role: 'VARCHAR', old: 'VARCHAR', "new": 'VARCHAR', comm: 'VARCHAR', connect_ns: 'BIGINT', established_ns: 'BIGINT', lifetime_ns: 'BIGINT',
                states: 'MAP(VARCHAR, BIGINT)', close_reason: 'VARCHAR', closed_by: 'VARCHAR', bytes_sent: 'BIGINT', bytes_received: 'BIGINT',
                retransmits: 'BIGINT', srtt_us: 'BIGINT', reuse: 'VARCHAR', reuse_gap_ns: 'BIGINT', fin_wait2_ns: 'BIGINT', duration_ns: 'BIGINT',
                ended: 'VARCHAR', "precision": 'VARCHAR', pool: 'BIGINT', taken: 'BIGINT', count: 'BIGINT', "where": 'VARCHAR', live: 'BIGINT',
                time_wait: 'VARCHAR', unmatched: 'BIGINT', lost: 'JSON',
                pools: 'STRUCT(netns BIGINT, laddr VARCHAR, raddr VARCHAR, rport BIGINT, taken BIGINT, time_wait BIGINT, size BIGINT, opened_per_s DOUBLE, empty_in_ns BIGINT, comm VARCHAR)[]' })
            """);
        Execute("""
            CREATE MACRO endpoint(address, port) AS
                CASE WHEN contains(coalesce(address, '::'), ':') THEN '[' || coalesce(address, '::') || ']' ELSE address END || ':' || coalesce(port, 0)
            """);
        Execute("""
            CREATE TABLE conns AS SELECT *, coalesce(comm, '(unknown)') AS process, host_name || '/' || netns AS space,
                CASE WHEN role = 'server' OR (role = 'unknown' AND coalesce(lport, 0) < coalesce(rport, 0))
                    THEN endpoint(laddr, lport) || ' (here)' ELSE endpoint(raddr, rport) END AS destination,
                close_reason IN ('refused', 'timed_out', 'unreachable', 'port_exhausted', 'disconnected') AND states['ESTABLISHED'] IS NULL AS failed
            FROM records, (SELECT any_value(host) AS host_name FROM records WHERE type = 'header') WHERE type = 'conn' AND role <> 'listener'
            """);
        // A TIME_WAIT goes where the last connection of its id went that closed first, in order.
        Execute("""
            CREATE TABLE waits AS SELECT tw.* EXCLUDE (host_name), coalesce(last.process, '(unknown)') AS process, coalesce(last.space, tw.host_name || '/' || tw.netns) AS space,
                coalesce(last.destination, CASE WHEN tw.lport < tw.rport THEN endpoint(tw.laddr, tw.lport) || ' (here)' ELSE endpoint(tw.raddr, tw.rport) END) AS destination
            FROM (SELECT * FROM records, (SELECT any_value(host) AS host_name FROM records WHERE type = 'header') WHERE type = 'time_wait') AS tw
            LEFT JOIN (SELECT * FROM conns WHERE close_reason = 'closed' AND closed_by IN ('local', 'both')) AS own ON own.id = tw.id AND own.line < tw.line
            LEFT JOIN conns AS last ON last.line = own.line
            QUALIFY row_number() OVER (PARTITION BY tw.line ORDER BY own.line DESC NULLS LAST) = 1
            """);
        Execute("""
            CREATE TABLE times AS
                SELECT line, destination, process, space, false AS inferred, unnest(['connect', 'established', 'lifetime', 'fin_wait1', 'fin_wait2', 'closing', 'close_wait', 'last_ack', 'reuse_gap', 'srtt']) AS metric,
                    unnest([connect_ns, established_ns, lifetime_ns, states['FIN_WAIT1'], states['FIN_WAIT2'], states['CLOSING'], states['CLOSE_WAIT'], states['LAST_ACK'], reuse_gap_ns, srtt_us * 1000]) AS ns
                FROM conns
                UNION ALL SELECT line, destination, process, space, "precision" = 'inferred', unnest(['orphan_fin_wait2', 'time_wait']), unnest([fin_wait2_ns, CASE WHEN ended <> 'lost' THEN duration_ns END]) FROM waits
            """);
        Execute("DELETE FROM times WHERE ns IS NULL");
        // What statistics and failures tell of pools, in order.
        Execute("""
            CREATE TABLE looks AS
                SELECT line, unix_ns, true AS is_look, unnest(pools, recursive := true) FROM records WHERE type = 'stats'
                UNION ALL BY NAME SELECT line, unix_ns, false AS is_look, netns, laddr, raddr, rport, taken, pool AS size, comm FROM records WHERE type = 'port_exhausted'
            """);
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>All rows, of which each cell is a long, a double, a text, a list of longs or null.</summary>
    public List<object?[]> Rows(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        using DuckDBDataReader reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : Plain(reader.GetValue(i)))]);
        return rows;
    }

    public object? Value(string sql) => Rows(sql).Single()[0];

    private void Execute(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object Plain(object value) => value switch
    {
        string or double or List<long> => value,
        System.Numerics.BigInteger big => (long)big,
        _ => Convert.ToInt64(value, CultureInfo.InvariantCulture),
    };
}

using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using SockTrace.Reading;

namespace SockTrace.Benchmarks;

/// <summary>
/// From a line of a trace to a record with all its fields, a thousand lines of as many
/// connections in turn. Beside it what System.Text.Json needs to go over the tokens, which
/// yields no field yet, and JsonDocument with the fields that a report looks at.
/// </summary>
public class ReadBench
{
    private const int Lines = 1_000;

    private readonly FastRecordReader _fast = new();
    private readonly JsonRecordReader _json = new();
    private readonly TraceRecord _record = new();
    private byte[][] _lines = [];

    [Params("state", "conn")]
    public string Type { get; set; } = "";

    [GlobalSetup]
    public void Setup() => _lines = [.. Enumerable.Range(0, Lines).Select(i => Encoding.UTF8.GetBytes(Type == "state"
        ? $$"""{"type":"state","ts":"2026-11-23T13:22:54.16646{{i:d4}}Z","seq":{{i}},"id":"b88a{{i:x}}","netns":4026532177,"family":"ipv4","laddr":"10.20.{{i % 200}}.1","lport":{{32768 + i}},"raddr":"10.20.0.15","rport":3306,"old":"SYN_SENT","new":"ESTABLISHED","in_old_ns":{{68_000 + i}},"pid":13684,"comm":"php-fpm","owner_from":"connect"}"""
        : $$$"""{"type":"conn","ts":"2026-11-23T13:22:54.17056{{{i:d4}}}Z","id":"b88a{{{i:x}}}","netns":4026532177,"cgroup":4711,"family":"ipv4","laddr":"10.20.{{{i % 200}}}.1","lport":{{{32768 + i}}},"raddr":"10.20.0.15","rport":3306,"role":"client","pid":13684,"comm":"php-fpm","uid":33,"owner_from":"connect","opened":"2026-11-23T13:22:54.16639{{{i:d4}}}Z","connect_ns":68313,"established_ns":1323128,"lifetime_ns":4176965,"states":{"SYN_SENT":68313,"ESTABLISHED":1323128,"FIN_WAIT1":2773556,"FIN_WAIT2":11968},"close_reason":"closed","closed_by":"local","bytes_sent":5,"bytes_received":0,"retransmits":0,"srtt_us":381}"""))];

    [Benchmark(OperationsPerInvoke = Lines)]
    public int Fast()
    {
        int read = 0;
        foreach (byte[] line in _lines)
            read += _fast.TryRead(line, _record) ? 1 : 0;
        return read;
    }

    [Benchmark(OperationsPerInvoke = Lines)]
    public int AnyOrder()
    {
        int read = 0;
        foreach (byte[] line in _lines)
            read += _json.Read(line, _record) is null ? 1 : 0;
        return read;
    }

    [Benchmark(OperationsPerInvoke = Lines)]
    public int TokensOnly()
    {
        int tokens = 0;
        foreach (byte[] line in _lines)
        {
            var json = new Utf8JsonReader(line);
            while (json.Read())
                tokens++;
        }
        return tokens;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Lines)]
    public long Document()
    {
        long sum = 0;
        foreach (byte[] line in _lines)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement record = document.RootElement;
            sum += record.GetProperty("ts").GetDateTime().Ticks + record.GetProperty("netns").GetInt64() + record.GetProperty("lport").GetInt32()
                + record.GetProperty("rport").GetInt32() + record.GetProperty("id").GetString()!.Length + record.GetProperty("raddr").GetString()!.Length
                + record.GetProperty("comm").GetString()!.Length + record.GetProperty(Type == "state" ? "in_old_ns" : "lifetime_ns").GetInt64();
        }
        return sum;
    }
}

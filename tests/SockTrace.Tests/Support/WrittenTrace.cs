using System.Globalization;
using System.Text.Json.Nodes;
using SockTrace.Reading;
using SockTrace.Reporting;

namespace SockTrace.Tests.Support;

/// <summary>A trace written by hand, record by record, and the report on it. Times are seconds from its begin.</summary>
internal sealed class WrittenTrace
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly List<string> _lines = [];
    private int _ids;

    public WrittenTrace(string host = "web1", string? filters = null, string source = "bpf", string kernel = "6.12.0")
    {
        JsonObject header = Record("header", 0);
        header["schema"] = 1;
        header["version"] = "0.1.0";
        header["host"] = host;
        header["boot_id"] = "00000000-0000-0000-0000-000000000001";
        header["kernel"] = kernel;
        header["source"] = source;
        header["time_wait"] = source == "bpf" ? "measured" : "inferred";
        if (filters is not null)
            header["filters"] = filters;
        header["port_range"] = "40000-40199";
        header["reserved_ports"] = "";
        header["fin_timeout_s"] = 60;
        header["tw_reuse"] = 0;
        header["max_tw_buckets"] = 131072;
        Add(header);
    }

    /// <summary>A client's connection from its connect() to its CLOSE.</summary>
    public WrittenTrace Connection(double opened, double lifetime, string raddr = "192.0.2.1", int rport = 3306, string comm = "php", string reason = "closed")
    {
        int id = ++_ids;
        long ns = (long)(lifetime * 1e9);
        JsonObject state = OfSocket("state", opened, raddr, rport, id, comm);
        state["old"] = "CLOSE";
        state["new"] = "SYN_SENT";
        Add(state);

        JsonObject conn = OfSocket("conn", opened + lifetime, raddr, rport, id, comm);
        bool isEstablished = reason is "closed";
        conn["role"] = "client";
        conn["opened"] = Time(opened);
        if (isEstablished)
        {
            conn["connect_ns"] = ns / 50;
            conn["established_ns"] = ns - (ns / 50);
        }
        conn["lifetime_ns"] = ns;
        conn["states"] = isEstablished
            ? new JsonObject { ["SYN_SENT"] = ns / 50, ["ESTABLISHED"] = ns - (ns / 50) }
            : new JsonObject { ["SYN_SENT"] = ns };
        conn["close_reason"] = reason;
        conn["closed_by"] = isEstablished ? "local" : "unknown";
        conn["bytes_sent"] = 500;
        conn["bytes_received"] = 9000;
        Add(conn);
        return this;
    }

    /// <summary>What a pool and the host looked like at one moment.</summary>
    public WrittenTrace Stats(double at, params (string Raddr, int Rport, int Taken, int TimeWait, string Comm)[] pools)
    {
        JsonObject stats = Record("stats", at);
        stats["interval_ns"] = 1_000_000_000;
        stats["live"] = pools.Sum(pool => pool.Taken - pool.TimeWait);
        stats["time_wait"] = pools.Sum(pool => pool.TimeWait);
        stats["pools"] = new JsonArray([.. pools.Select(pool => (JsonNode)new JsonObject
        {
            ["netns"] = 1, ["laddr"] = "192.0.2.100", ["raddr"] = pool.Raddr, ["rport"] = pool.Rport,
            ["taken"] = pool.Taken, ["time_wait"] = pool.TimeWait, ["size"] = 200, ["opened_per_s"] = 40.5, ["empty_in_ns"] = 5_000_000_000,
            ["comm"] = pool.Comm,
        })]);
        Add(stats);
        return this;
    }

    public WrittenTrace PortExhausted(double at, string raddr = "192.0.2.1", int rport = 3306, string comm = "php")
    {
        JsonObject exhausted = OfSocket("port_exhausted", at, raddr, rport, ++_ids, comm);
        exhausted.Remove("lport");
        exhausted["pool"] = 200;
        exhausted["taken"] = 200;
        Add(exhausted);
        return this;
    }

    public WrittenTrace End(double at)
    {
        Add(Record("end", at));
        return this;
    }

    /// <summary>Writes it to a file, and makes the report on that, by all that there is to group by.</summary>
    public Report Report(string fileName = "trace.ndjson")
    {
        using var folder = new TempFolder();
        string path = folder.File(fileName);
        File.WriteAllLines(path, _lines);
        using var file = new TraceFile(path, fault => Assert.Fail(fault.ToString()));
        var builder = new ReportBuilder(Enum.GetValues<GroupBy>());
        builder.Add(file);
        builder.Finish();
        return ReportMaker.Make(builder, "0.1.0");
    }

    /// <summary>The same, as a page.</summary>
    public byte[] Page(string fileName = "trace.ndjson") => HtmlReport.Write(Report(fileName));

    private static JsonObject OfSocket(string type, double at, string raddr, int rport, int id, string comm)
    {
        JsonObject record = Record(type, at);
        record["id"] = id.ToString("x", CultureInfo.InvariantCulture);
        record["netns"] = 1;
        record["family"] = "ipv4";
        record["laddr"] = "192.0.2.100";
        record["lport"] = 40000 + (id % 200);
        record["raddr"] = raddr;
        record["rport"] = rport;
        record["pid"] = 100;
        record["comm"] = comm;
        record["owner_from"] = "connect";
        return record;
    }

    private static JsonObject Record(string type, double at) => new() { ["type"] = type, ["ts"] = Time(at) };

    private static string Time(double at) =>
        Begin.AddSeconds(at).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);

    private void Add(JsonObject record) => _lines.Add(record.ToJsonString());
}

using System.Text;
using System.Text.Json.Nodes;

namespace SockTrace.Tests.Support;

/// <summary>Writes traces line by line, with what a test cares about; the rest is ordinary. Times are seconds from a fixed begin.</summary>
internal sealed class TraceText(string host = "db1", string bootId = "c1bb4d53-ab66-4dbd-bb93-cb4a2237b95c")
{
    public const uint Netns = 4026531840;

    /// <summary>Second 0, nanoseconds since 1970.</summary>
    public const long BeginNs = 1_795_434_733_000_000_000;

    private readonly StringBuilder _lines = new();
    private long _seq;

    public override string ToString() => _lines.ToString();

    public TraceText Raw(string line)
    {
        _lines.Append(line).Append('\n');
        return this;
    }

    /// <summary>A record of a type with fields, in the order in which they are given; null fields are left out.</summary>
    public TraceText Record(string type, double atSeconds, params (string Name, object? Value)[] fields)
    {
        var record = new JsonObject { ["type"] = type, ["ts"] = Time(atSeconds) };
        foreach ((string name, object? value) in fields)
        {
            if (value is not null)
                record[name] = value as JsonNode ?? JsonValue.Create(value);
        }
        return Raw(record.ToJsonString());
    }

    public TraceText Header(double atSeconds = 0, int schema = 1, string? source = "bpf", string? timeWait = "measured", string? filters = null,
        string? portRange = "32768-60999", long? finTimeout = 60, long? reuse = 2, long? buckets = 131072, string version = "1.2.3") =>
        Record("header", atSeconds, ("schema", schema), ("version", version), ("host", host), ("boot_id", bootId), ("kernel", "6.12.0"),
            ("source", source), ("time_wait", timeWait), ("filters", filters), ("port_range", portRange), ("reserved_ports", ""),
            ("fin_timeout_s", finTimeout), ("tw_reuse", reuse), ("max_tw_buckets", buckets));

    public TraceText State(double atSeconds, string id, string? old, string @new, string? comm = "shop", string laddr = "10.0.0.1", int lport = 40000,
        string raddr = "10.0.0.2", int rport = 3306) =>
        Record("state", atSeconds, ("seq", ++_seq), ("id", id), ("netns", Netns), ("family", "ipv4"), ("laddr", laddr), ("lport", lport),
            ("raddr", raddr), ("rport", rport), ("old", old), ("new", @new), ("pid", comm is null ? null : 77), ("comm", comm),
            ("owner_from", comm is null ? "unknown" : "connect"));

    /// <param name="states">State and nanoseconds, in order; those of an ordinary client where null.</param>
    public TraceText Conn(double atSeconds, string id, string role = "client", string? comm = "shop", string laddr = "10.0.0.1", int lport = 40000,
        string raddr = "10.0.0.2", int rport = 3306, long? connectNs = 50_000, long? establishedNs = 1_000_000, long? lifetimeNs = 1_100_000,
        (string State, long Ns)[]? states = null, string reason = "closed", string? closedBy = "local", long? sent = 100, long? received = 200,
        long? retransmits = 0, long? srttUs = 40, string? reuse = null, long? reuseGapNs = null, uint netns = Netns)
    {
        var times = new JsonObject();
        foreach ((string state, long ns) in states ?? [("SYN_SENT", 50_000), ("ESTABLISHED", 1_000_000), ("FIN_WAIT1", 30_000), ("FIN_WAIT2", 20_000)])
            times[state] = ns;
        return Record("conn", atSeconds, ("id", id), ("netns", netns), ("family", "ipv4"), ("laddr", laddr), ("lport", lport),
            ("raddr", raddr), ("rport", rport), ("role", role), ("pid", comm is null ? null : 77), ("comm", comm), ("uid", 33),
            ("owner_from", comm is null ? "unknown" : "connect"), ("connect_ns", connectNs), ("established_ns", establishedNs),
            ("lifetime_ns", lifetimeNs), ("states", times), ("close_reason", reason), ("closed_by", closedBy), ("bytes_sent", sent),
            ("bytes_received", received), ("retransmits", retransmits), ("srtt_us", srttUs), ("reuse", reuse), ("reuse_gap_ns", reuseGapNs));
    }

    /// <summary>A client's connect() that came to nothing.</summary>
    public TraceText Failed(double atSeconds, string id, string reason, string raddr = "10.0.0.2", int rport = 3306) =>
        Conn(atSeconds, id, raddr: raddr, rport: rport, connectNs: null, establishedNs: null, lifetimeNs: 70_000, states: [("SYN_SENT", 70_000)],
            reason: reason, closedBy: null, srttUs: null);

    public TraceText TimeWait(double atSeconds, string id, string ended = "expired", long? durationNs = 60_000_000_000, long? finWait2Ns = null,
        string precision = "measured", string laddr = "10.0.0.1", int lport = 40000, string raddr = "10.0.0.2", int rport = 3306) =>
        Record("time_wait", atSeconds, ("id", id), ("netns", Netns), ("family", "ipv4"), ("laddr", laddr), ("lport", lport), ("raddr", raddr),
            ("rport", rport), ("fin_wait2_ns", finWait2Ns), ("duration_ns", durationNs), ("ended", ended), ("precision", precision));

    public TraceText PortExhausted(double atSeconds, string id, long? pool = 28232, long taken = 28232, string? comm = "shop",
        string laddr = "10.0.0.1", string raddr = "10.0.0.2", int rport = 3306) =>
        Record("port_exhausted", atSeconds, ("id", id), ("netns", Netns), ("family", "ipv4"), ("laddr", laddr), ("raddr", raddr), ("rport", rport),
            ("pid", 77), ("comm", comm), ("owner_from", "connect"), ("pool", pool), ("taken", taken));

    public TraceText Stats(double atSeconds, long live, long timeWait, params JsonNode[] pools) =>
        Record("stats", atSeconds, ("interval_ns", 10_000_000_000), ("opened", 1), ("closed", 1), ("failed", 0), ("live", live),
            ("time_wait", timeWait), ("opened_per_s", 0.1), ("closed_per_s", 0.1), ("pools", new JsonArray(pools)));

    public static JsonObject Pool(long taken, long timeWait, long? size = 28232, double openedPerSecond = 1, long? emptyInNs = null,
        string laddr = "10.0.0.1", string raddr = "10.0.0.2", int rport = 3306, string? comm = null)
    {
        var pool = new JsonObject
        {
            ["netns"] = Netns,
            ["laddr"] = laddr,
            ["raddr"] = raddr,
            ["rport"] = rport,
            ["taken"] = taken,
            ["time_wait"] = timeWait,
            ["opened_per_s"] = openedPerSecond,
        };
        if (size is not null)
            pool["size"] = size;
        if (emptyInNs is not null)
            pool["empty_in_ns"] = emptyInNs;
        if (comm is not null)
            (pool["pid"], pool["comm"]) = (77, comm);
        return pool;
    }

    public TraceText Lost(double atSeconds, long count, string where = "ring") =>
        Record("lost", atSeconds, ("count", count), ("where", where), ("total", count));

    public TraceText End(double atSeconds, bool isContinued = false, long ring = 0, JsonArray? audit = null, long unmatched = 0) =>
        Record("end", atSeconds, ("continued", isContinued ? true : null), ("totals", new JsonObject()),
            ("lost", new JsonObject { ["ring"] = ring, ["kernel"] = 0, ["queue"] = 0, ["table"] = 0 }), ("unmatched", unmatched),
            ("forgotten", 0), ("audit", audit ?? []));

    private static string Time(double atSeconds)
    {
        long ns = BeginNs + (long)Math.Round(atSeconds * 1e9);
        return DateTime.UnixEpoch.AddSeconds(ns / 1_000_000_000).ToString("yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture)
            + $".{ns % 1_000_000_000:d9}Z";
    }
}

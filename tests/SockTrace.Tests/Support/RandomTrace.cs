namespace SockTrace.Tests.Support;

/// <summary>A whole trace with any traffic in it: many destinations, processes, states and endings.</summary>
internal static class RandomTrace
{
    private static readonly string[] Reasons = ["closed", "closed", "closed", "reset_by_peer", "reset_by_us", "refused", "timed_out", "unreachable", "unknown"];
    private static readonly string[] Endings = ["expired", "expired", "reused", "reopened", "killed", "lost", "overflow"];
    private static readonly string?[] Comms = ["shop", "php-fpm", "it's", "naïve", null];
    private static readonly string[] Lingering = ["ESTABLISHED", "CLOSE_WAIT", "LAST_ACK"];
    private static readonly string[] States = ["ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSING", "CLOSE_WAIT", "LAST_ACK"];

    public static TraceText Make(Random random, int connections)
    {
        double seconds = random.Next(3) == 0 ? 5000 : 100;
        var trace = new TraceText().Header();
        double now = 0;
        for (int i = 0; i < connections; i++)
        {
            now += seconds / connections * 2 * random.NextDouble();
            Connection(trace, random, now, (i % 40 == 39 ? "~" : "") + (random.Next(10) == 0 ? 5 : i + 16).ToString("x", System.Globalization.CultureInfo.InvariantCulture));
            if (random.Next(20) == 0)
                trace.Stats(now, random.Next(50), random.Next(50), [.. Enumerable.Range(0, random.Next(4)).Select(n => Pool(random, n))]);
            if (random.Next(40) == 0)
                trace.Lost(now, random.Next(1, 9), "table");
        }
        return trace.End(now + 1, ring: random.Next(4));
    }

    private static System.Text.Json.Nodes.JsonObject Pool(Random random, int n) =>
        TraceText.Pool(random.Next(100), random.Next(100), random.Next(2) == 0 ? null : 200, random.Next(1000) / 10.0,
            random.Next(2) == 0 ? null : random.NextInt64(100_000_000_000), raddr: $"10.1.0.{n}", comm: Comms[random.Next(Comms.Length)]);

    private static void Connection(TraceText trace, Random random, double now, string id)
    {
        bool isIPv6 = random.Next(4) == 0;
        (string laddr, string raddr) = isIPv6 ? ("fd00::1", $"fd00::{random.Next(2, 5)}") : ("10.0.0.1", $"10.1.0.{random.Next(5)}");
        (int lport, int rport) = random.Next(3) == 0 ? (443, 40000 + random.Next(5)) : (40000 + random.Next(9), random.Next(2) == 0 ? 3306 : 443);
        string? comm = Comms[random.Next(Comms.Length)];
        string role = (string[])["client", "client", "server", "unknown", "listener"] is { } roles ? roles[random.Next(roles.Length)] : "";
        trace.State(now, id, role == "server" ? "LISTEN" : "CLOSE", role == "server" ? "SYN_RECV" : "SYN_SENT", comm, laddr, lport, raddr, rport);
        if (random.Next(10) == 0)
        {
            trace.State(now, id, "SYN_SENT", Lingering[random.Next(Lingering.Length)], comm, laddr, Math.Max(lport, rport), raddr, Math.Min(lport, rport));
            return;
        }
        if (random.Next(30) == 0)
            trace.PortExhausted(now, id, random.Next(2) == 0 ? null : 200, random.Next(300), comm, laddr, raddr, rport);
        string reason = Reasons[random.Next(Reasons.Length)];
        trace.State(now, id, "ESTABLISHED", "CLOSE", comm, laddr, lport, raddr, rport);
        trace.Conn(now, id, role, comm, laddr, lport, raddr, rport, Maybe(random), Maybe(random), Maybe(random),
            [.. States.Where(_ => random.Next(2) == 0).Select(state => (state, Value(random)))], reason,
            random.Next(4) == 0 ? null : (string[])["local", "remote", "both"] is { } closers ? closers[random.Next(3)] : null,
            Maybe(random), Maybe(random), random.Next(3), random.Next(1000), random.Next(5) == 0 ? "in_time_wait" : null, Maybe(random),
            netns: TraceText.Netns + (uint)random.Next(3));
        if (random.Next(3) > 0)
        {
            trace.TimeWait(now, id, Endings[random.Next(Endings.Length)], Maybe(random), random.Next(3) == 0 ? Value(random) : null,
                random.Next(3) == 0 ? "inferred" : "measured", laddr, lport, raddr, rport);
        }
    }

    private static long? Maybe(Random random) => random.Next(4) == 0 ? null : Value(random);

    /// <summary>From nothing to days, each magnitude as likely.</summary>
    private static long Value(Random random) => random.NextInt64(1L << random.Next(1, 48));
}

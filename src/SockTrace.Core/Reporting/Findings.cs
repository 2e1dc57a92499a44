using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>The rules by which numbers become findings: docs/report.md has them in words. None appears without its evidence.</summary>
internal static class Findings
{
    /// <summary>Fewer than so many connections say nothing about a destination.</summary>
    private const int Enough = 20;

    /// <summary>A share that is more than bad luck.</summary>
    private const double Noticeable = 0.05;

    private static readonly (CloseReason Reason, string Id, string What, string Meaning)[] Failures =
    [
        (CloseReason.Refused, "connects-refused", "were refused", "Nobody listens there, or a firewall answers with a RST."),
        (CloseReason.Unreachable, "connects-unreachable", "found no way", "A router, or this host's own routing table, says that there is none."),
    ];

    public static IReadOnlyList<Finding> Of(ReportBuilder builder)
    {
        DestinationUsage[] destinations = [.. DestinationUsage.Of(builder.Pools)];
        IEnumerable<Finding> findings = builder.Pools.Select(entry => PoolFinding.Of(builder, entry.Key, entry.Value)).OfType<Finding>()
            .Concat(destinations.SelectMany(OfDestination))
            .Concat(builder.Lingering.Select(OfLingering).OfType<Finding>())
            .Concat(OfTimeWaits(builder));
        return [.. findings.OrderBy(finding => finding.Severity switch { Finding.Critical => 0, Finding.Warning => 1, _ => 2 })];
    }

    private static IEnumerable<Finding> OfDestination(DestinationUsage usage)
    {
        ConnectionCounts counts = usage.Connections;
        (string, object?)[] evidence = [("destination", usage.Name), ("connections", counts.Closed)];

        foreach ((CloseReason reason, string id, string what, string meaning) in Failures)
        {
            if (counts.Of(reason) > 0)
                yield return new Finding(id, Finding.Warning, $"{counts.Of(reason)} of {Words.Count(counts.Closed, "connect()")} to {usage.Name} {what}",
                    meaning, [], Words.Evidence([.. evidence, ("failed", counts.Of(reason))]));
        }
        if (usage.TimedOut > 0)
        {
            yield return new Finding("timed-out", Finding.Warning, $"{usage.TimedOut} of {Words.Count(counts.Closed, "connection")} to {usage.Name} timed out",
                "No answer came to a SYN, or to data that was sent again and again (tcp_syn_retries, tcp_retries2).", [],
                Words.Evidence([.. evidence, ("timed_out", usage.TimedOut)]));
        }
        if (usage.GivenUp > 0)
        {
            yield return new Finding("connects-given-up", Finding.Warning,
                $"{usage.GivenUp} of {Words.Count(counts.Closed, "connect()")} to {usage.Name} were given up",
                $"The program closed the socket before an answer came, {Words.Duration(usage.GivenUpLongestNs)} after connect() at most. A time-out of its own looks like this, where packets are dropped on the way; "
                + "and, if its connect() does not block, a router's word that there is no way.",
                [], Words.Evidence([.. evidence, ("given_up", usage.GivenUp), ("longest_ns", usage.GivenUpLongestNs)]));
        }
        if (usage.SlowConnects > 0)
        {
            yield return new Finding("slow-connects", Finding.Warning,
                $"{usage.SlowConnects} of {Words.Count(counts.Closed, "connect()")} to {usage.Name} took a second or more",
                "A lost SYN, or a lost answer to it, is sent again after a second, and again after others (tcp_syn_linear_timeouts, tcp_syn_retries): the network dropped it, or the listener's queue was full.",
                ["Look at ListenOverflows and ListenDrops (nstat -az) on the peer: they tell a full accept queue from a lossy network."],
                Words.Evidence([.. evidence, ("slow", usage.SlowConnects)]));
        }
        if (counts.Closed >= Enough && counts.Retransmitting >= Noticeable * counts.Closed)
        {
            yield return new Finding("retransmits", Finding.Warning,
                $"{Words.Share(counts.Retransmitting, counts.Closed)} of the connections to {usage.Name} sent segments again",
                $"{Words.Count(counts.Retransmits, "segment")} on {counts.Retransmitting} of {counts.Closed} connections: the way there loses packets, or the peer is overloaded.",
                [], Words.Evidence([.. evidence, ("retransmitting", counts.Retransmitting), ("segments", counts.Retransmits)]));
        }
        if (counts.Closed >= Enough && counts.Of(CloseReason.ResetByPeer) >= Noticeable * counts.Closed)
        {
            yield return new Finding("resets", Finding.Info,
                $"{Words.Share(counts.Of(CloseReason.ResetByPeer), counts.Closed)} of the connections to {usage.Name} were reset by the peer",
                "It closed them with a RST, and not with a FIN: an error there, a timeout, or a server that saves itself the TIME_WAIT.",
                [], Words.Evidence([.. evidence, ("reset", counts.Of(CloseReason.ResetByPeer))]));
        }
    }

    private static Finding? OfLingering(LingeringGroup group)
    {
        string who = group.Comm ?? GroupKey.Unknown;
        string longest = Words.Duration(group.LongestNs);
        IReadOnlyDictionary<string, object> evidence = Words.Evidence(("host", group.Host), ("comm", group.Comm), ("destination", group.Destination),
            ("state", System.Text.Encoding.UTF8.GetString(TcpStates.Name(group.State))), ("connections", group.Count), ("longest_ns", group.LongestNs));
        return group.State switch
        {
            TcpState.CloseWait => new Finding("close-wait", Finding.Warning,
                $"{who} has not closed {Words.Count(group.Count, "connection")} whose peer closed long ago ({group.Destination})",
                $"They stood in CLOSE_WAIT when the trace ended, the longest for {longest}. No timeout of the kernel's ends that state: only the process can, by close(). A leak of file descriptors looks like this.",
                [], evidence),
            TcpState.FinWait1 or TcpState.LastAck or TcpState.Closing => new Finding("stuck-closing", Finding.Warning,
                $"{Words.Count(group.Count, "connection")} of {who} wait for the acknowledgement of a FIN ({group.Destination})",
                $"The longest for {longest}: the peer is gone or does not read. They end when tcp_orphan_retries runs out; where the process still has the socket (shutdown()), tcp_retries2.", [], evidence),
            TcpState.Established when group.Count >= Enough => new Finding("never-closed", Finding.Info,
                $"{who} held {Words.Count(group.Count, "connection")} open to the trace's end ({group.Destination})",
                $"The longest had been established for {longest}. A connection pool looks like this, and so does a leak: the difference is whether their number grows.", [], evidence),
            _ => null,
        };
    }

    private static IEnumerable<Finding> OfTimeWaits(ReportBuilder builder)
    {
        ConnectionCounts counts = builder.All.Connections;
        long overflows = counts.Of(MiniSocketEnding.Overflow);
        if (overflows > 0)
        {
            long? limit = builder.Traces.Select(trace => trace.Header?.MaxTimeWaitBuckets).FirstOrDefault(buckets => buckets is not null);
            yield return new Finding("time-wait-overflow", Finding.Warning,
                $"{Words.Count(overflows, "connection")} got no TIME_WAIT: tcp_max_tw_buckets{(limit is long buckets ? $" ({buckets})" : "")} was reached",
                "The port was free at once, and a late segment of the old connection may now reach a new one. That is what TIME_WAIT protects from.",
                ["Raise tcp_max_tw_buckets: a mini-socket takes about 250 bytes."], Words.Evidence(("overflows", overflows), ("max_tw_buckets", limit)));
        }
        if (builder.All.Distributions[Metric.OrphanFinWait2] is { } orphans && orphans.TotalCount >= Enough)
        {
            long? timeout = builder.Traces.Select(trace => trace.Header?.FinTimeoutSeconds).FirstOrDefault(seconds => seconds is not null);
            yield return new Finding("orphans", Finding.Info,
                $"{Words.Count(orphans.TotalCount, "orphan")} waited in FIN_WAIT2 for the peer's FIN, the longest for {Words.Duration(orphans.Max)}",
                $"The process had closed, the peer had not. This, and only this, is what tcp_fin_timeout{(timeout is long seconds ? $" ({seconds} s)" : "")} governs.",
                [], Words.Evidence(("orphans", orphans.TotalCount), ("longest_ns", orphans.Max), ("fin_timeout_s", timeout)));
        }
    }
}

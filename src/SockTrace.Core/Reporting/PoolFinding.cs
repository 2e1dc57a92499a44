using SockTrace.Events;
using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>Who burns which pool, how long it lasts, and what would change that.</summary>
internal static class PoolFinding
{
    /// <summary>TCP_TIMEWAIT_LEN, include/net/tcp.h.</summary>
    private const int TimeWaitSeconds = TimeWaitLength.Seconds;

    private const long SoonNs = 30_000_000_000;

    /// <returns>Null where the pool is neither empty nor on the way to it.</returns>
    public static Finding? Of(ReportBuilder builder, PoolOfHost pool, PoolUsage usage)
    {
        TraceSummary trace = builder.Traces.First(trace => trace.Host == pool.Host);
        long size = usage.Size > 0 ? usage.Size : trace.Ports?.Size ?? 0;
        double sustainable = PoolAdvice.Sustainable(size);
        double average = usage.Connections.Closed / Math.Max(1, builder.DurationNsOf(pool.Host) / 1e9);
        double rate = Math.Max(usage.OpenedPerSecondMax, average);
        bool isExhausted = usage.Exhausted > 0;
        bool isFilling = size > 0 && (usage.TakenMax >= PoolAdvice.NearlyFull * size || usage.EmptyInNsMinWhenBusy is >= 0 and < SoonNs);
        bool isBusy = size > 0 && (usage.TakenMax >= PoolAdvice.Busy * size || rate * usage.LeavingShare >= sustainable / 2);
        if (!isExhausted && !isFilling && !isBusy)
            return null;

        string who = usage.Burner ?? GroupKey.Unknown;
        string to = GroupKey.EndText(pool.Key.Raddr, pool.Key.Rport);
        string from = pool.Key.Laddr.ToString();
        string title = isExhausted ? $"{who} ran out of ports to {to}: {Words.Count(usage.Exhausted, "connect()")} failed"
            : isFilling ? $"{who} came near the end of its ports to {to}"
            : $"{who} uses many of its ports to {to}";
        // Whose the others are is not kept: rates and lengths are the pool's.
        bool isShared = usage.BurnerConnections > 0 && usage.BurnerConnections < usage.Connections.Closed;
        bool isPeak = usage.OpenedPerSecondMax >= average;
        string opened = isPeak ? $"up to {Words.Number(rate)} connections a second"
            : $"{Words.Count(usage.Connections.Closed, "connection")} in {Words.Duration(builder.DurationNsOf(pool.Host))}";
        string text = $"{who}{(isShared ? " and others" : "")} opened {opened} from {from} to {to}. "
            + (isShared ? $"Of {Words.Count(usage.Connections.Closed, "connection")} {usage.BurnerConnections} were {who}'s. " : "")
            + (size > 0 ? PoolText(usage, size, sustainable) : "")
            + (usage.TakenMax >= 0 ? $"At most {usage.TakenMax} were taken at once{TakenText(usage)}. " : "")
            + (isExhausted ? $"{Words.Count(usage.Exhausted, "connect()")} found none left (EADDRNOTAVAIL)."
                : isFilling && usage.EmptyInNsMinWhenBusy >= 0 ? $"It was {Words.Duration(usage.EmptyInNsMinWhenBusy)} from empty." : "");
        return new Finding(
            isExhausted ? "pool-exhausted" : isFilling ? "pool-filling" : "pool-busy",
            isExhausted ? Finding.Critical : isFilling ? Finding.Warning : Finding.Info,
            title, text.TrimEnd(), [.. Advice(builder, pool, usage, trace, size)],
            Words.Evidence(
                ("host", pool.Host), ("netns", (long)pool.Key.Netns), ("laddr", from), ("raddr", pool.Key.Raddr.ToString()),
                ("rport", (long)pool.Key.Rport), ("comm", usage.Burner), ("size", size > 0 ? size : null),
                ("taken_max", usage.TakenMax >= 0 ? usage.TakenMax : null), ("time_wait_max", usage.TimeWaitMax >= 0 ? usage.TimeWaitMax : null),
                ("opened_per_second_max", rate), ("sustainable_per_second", size > 0 ? sustainable : null),
                ("connections", usage.Connections.Closed), ("port_exhausted", usage.Exhausted), ("reused", usage.Reused)));
    }

    /// <summary>Whether connections, and not TIME_WAITs, had most of the ports when most were taken.</summary>
    private static bool IsHeld(PoolUsage usage) => usage.LiveAtFullest > 0 && usage.LiveAtFullest * 2 >= usage.TakenMax;

    private static string PoolText(PoolUsage usage, long size, double sustainable) =>
        usage.OwnRange > 0 ? $"The socket chose from {usage.OwnRange} ports of its own (IP_LOCAL_PORT_RANGE). "
        : IsHeld(usage) ? $"The pool has {size} ports. "
        : $"The pool has {size} ports; each connection that this side closes first keeps its port for {TimeWaitSeconds} s more, in TIME_WAIT, so it bears {Words.Number(sustainable)} such a second for ever. ";

    private static string TakenText(PoolUsage usage) =>
        IsHeld(usage) ? $", {usage.LiveAtFullest} of them by connections that were open" : usage.TimeWaitMax > 0 ? $", {usage.TimeWaitMax} of them in TIME_WAIT" : "";

    private static IEnumerable<string> Advice(
        ReportBuilder builder, PoolOfHost pool, PoolUsage usage, TraceSummary trace, long size)
    {
        // The header has the settings of the namespace that the tracer was in; a pool of another size is another's.
        HeaderRecord? header = trace.Header;
        bool isHosts = trace.Ports is null || trace.Ports.Size == size;
        if (IsHeld(usage))
        {
            yield return "Close connections that are not needed, or bound their number in the application (a connection pool's limit): no setting of TIME_WAIT helps here.";
        }
        else if (usage.Established > 0)
        {
            // Little's law: how many are open at once is how many come a second, times how long each stays.
            double atOnce = (double)usage.EstablishedNs / Math.Max(1_000_000_000, builder.DurationNsOf(pool.Host));
            yield return $"{PoolAdvice.KeepConnections}: each was established for {Words.Duration((long)(usage.EstablishedNs / usage.Established))} on average, "
                + $"so about {Words.Number(Math.Ceiling(atOnce))} at once on average{(usage.LiveMax > atOnce ? $", and {usage.LiveMax} at most" : "")}. So many, kept open, would carry the same load.";
        }
        if (usage.OwnRange > 0)
        {
            yield return "Widen the range that the program sets for its sockets, or let it set none: ip_local_port_range has more.";
        }
        else if (size is > 0 and < PoolAdvice.WidestPool)
        {
            yield return $"Widen ip_local_port_range ({(isHosts ? $"now {header?.PortRange ?? "unknown"}" : $"that of network namespace {pool.Key.Netns}")}): {PoolAdvice.WidestLow}-{PoolAdvice.WidestHigh} is {PoolAdvice.WidestPool} ports, "
                + $"which bear {Words.Number(PoolAdvice.Sustainable(PoolAdvice.WidestPool))} a second; reserve those that your servers listen on (ip_local_reserved_ports).";
        }
        yield return PoolAdvice.MoreAddresses;
        if (IsHeld(usage))
            yield break;
        yield return TimeWaitReuse(pool.Key.Raddr, usage, isHosts ? header : null);
        long expired = builder.All.Connections.Of(MiniSocketEnding.Expired);
        string measured = expired > 0 && builder.All.Distributions[Metric.TimeWait] is { } lengths && builder.All.Distributions.InferredTimeWaits < lengths.TotalCount
            ? $" (of {expired} that expired here the longest took {Words.Duration(lengths.Max)})" : "";
        yield return $"tcp_fin_timeout{(isHosts && header?.FinTimeoutSeconds is long fin ? $" (now {fin} s)" : "")} would not help: it ends orphans in FIN_WAIT2. "
            + $"TIME_WAIT is {TimeWaitSeconds} s, compiled into the kernel{measured}. {PoolAdvice.NoRecycle}";
    }

    private static string TimeWaitReuse(IpAddress raddr, PoolUsage usage, HeaderRecord? header)
    {
        string condition = PoolAdvice.ReuseCondition("a second");
        string reused = $"it took over {Words.Count(usage.Reused, "port")} here";
        return header?.TimeWaitReuse switch
        {
            0 => $"tcp_tw_reuse is off (0). With 1, {condition}.",
            1 => $"tcp_tw_reuse is on (1), and {reused}: {condition}.",
            2 when raddr.IsLoopback => $"tcp_tw_reuse is on for loopback (2), which this is, and {reused}: {condition}.",
            2 => $"tcp_tw_reuse is on for loopback only (2), which this peer is not on. With 1, {condition}.",
            _ => $"tcp_tw_reuse (not in the trace for that network namespace): with 1, {condition}; with 2 on loopback only. Here {reused}.",
        };
    }
}

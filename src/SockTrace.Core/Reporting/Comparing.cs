namespace SockTrace.Reporting;

/// <summary>Puts two reports side by side.</summary>
internal static class Comparing
{
    /// <summary>What differs by less is the same: more than the histograms' thousandth, less than anybody acts on.</summary>
    private const double Same = 0.05;

    public static Comparison Make(Report before, Report after) => new()
    {
        Before = before,
        After = after,
        Changes = [.. Rates(before, after), .. Shares(before, after), .. Latencies(before, after)],
    };

    private static IEnumerable<Change> Rates(Report before, Report after)
    {
        yield return Of("opened", "per_s", PerSecond(before, before.Opened), PerSecond(after, after.Opened), isLessBetter: null);
        yield return Of("failed", "per_s", PerSecond(before, before.Connections.Failed), PerSecond(after, after.Connections.Failed), isLessBetter: true);
        yield return Of("port_exhausted", "per_s", PerSecond(before, before.PortExhausted), PerSecond(after, after.PortExhausted), isLessBetter: true);
        yield return Of("time_waits", "per_s", PerSecond(before, before.Connections.AllTimeWaits), PerSecond(after, after.Connections.AllTimeWaits), isLessBetter: true);
        yield return Of("retransmits", "per_s", PerSecond(before, before.Connections.Retransmits), PerSecond(after, after.Connections.Retransmits), isLessBetter: true);
    }

    private static IEnumerable<Change> Shares(Report before, Report after)
    {
        yield return Of("pool_taken_max", "ratio", Fullest(before), Fullest(after), isLessBetter: true);
    }

    private static IEnumerable<Change> Latencies(Report before, Report after)
    {
        foreach (Metric metric in Metrics.All)
        {
            string name = Metrics.Name(metric);
            Distribution? old = before.Metrics.GetValueOrDefault(name), now = after.Metrics.GetValueOrDefault(name);
            if (old is null && now is null)
                continue;
            // Longer lives and gaps are neither good nor bad; waits are bad.
            bool? isLessBetter = metric is Metric.Established or Metric.Lifetime or Metric.ReuseGap or Metric.TimeWait ? null : true;
            yield return Of(name + ".count", "per_s", PerSecond(before, old?.Count ?? 0), PerSecond(after, now?.Count ?? 0), isLessBetter: null);
            yield return Of(name + ".p50", "ns", old?.P50Ns, now?.P50Ns, isLessBetter);
            yield return Of(name + ".p99", "ns", old?.P99Ns, now?.P99Ns, isLessBetter);
            yield return Of(name + ".max", "ns", old?.MaxNs, now?.MaxNs, isLessBetter);
        }
    }

    private static Change Of(string name, string unit, double? before, double? after, bool? isLessBetter)
    {
        double? ratio = before is > 0 && after is not null ? after / before : null;
        bool isSame = before is not null && after is not null
            && (before == after || (ratio is double known && Math.Abs(known - 1) < Same));
        string verdict = isSame ? "same"
            : isLessBetter is null || before is null || after is null ? "different"
            : after < before == isLessBetter ? "better" : "worse";
        return new Change(name, unit, before, after, ratio, verdict);
    }

    private static double PerSecond(Report report, long count) => count / Math.Max(1, (report.End - report.Begin).TotalSeconds);

    private static double? Fullest(Report report) =>
        report.Pools.Where(pool => pool is { Size: > 0, TakenMax: not null }).Max(pool => (double?)pool.TakenMax / pool.Size);
}

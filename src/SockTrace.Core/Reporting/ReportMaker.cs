using SockTrace.Host;
namespace SockTrace.Reporting;

/// <summary>From what was taken in to what is said.</summary>
internal static class ReportMaker
{
    /// <summary>Pools that are told of.</summary>
    private const int MaxPools = 200;

    /// <param name="builder">After <see cref="ReportBuilder.Finish"/>.</param>
    /// <param name="version">Of this program.</param>
    public static Report Make(ReportBuilder builder, string version)
    {
        return new Report
        {
            Version = version,
            Notes = Notes.Of(builder),
            Findings = Findings.Of(builder),
            Traces = builder.Traces,
            Begin = UnixTime.From(builder.Traces.Min(trace => trace.BeginNs)),
            End = UnixTime.From(builder.Traces.Max(trace => trace.EndNs)),
            Opened = builder.Opened,
            OpenAtEnd = builder.OpenAtEnd,
            Connections = builder.All.Connections,
            PortExhausted = builder.PortExhausted,
            Lost = builder.Traces.Aggregate(new LossCounts(0, 0, 0, 0), (sum, trace) => sum + trace.Lost),
            Metrics = MetricsOf(builder.All.Distributions, isDrawn: true),
            Groups = [.. builder.Groupings.Select(Make)],
            TimeLine = new TimeLineReport(UnixTime.From(builder.TimeLine.BeginNs), builder.TimeLine.StepNs,
                builder.OpenedLine.ToArray(), builder.ClosedLine.ToArray(), builder.FailedLine.ToArray(),
                builder.LiveLine.ToArray(), builder.TimeWaitLine.ToArray()),
            Pools = [.. builder.Pools.Take(MaxPools).Select(entry => Make(builder, entry.Key, entry.Value))],
        };
    }

    private static GroupingReport Make(Grouping grouping) => new(
        grouping.By.ToString().ToLowerInvariant(),
        [.. grouping.Largest.Select(entry => Make(entry.Key.Name(grouping.By), entry.Value))],
        grouping.GivenAway > 0 ? Make("(others)", grouping.Others) : null, grouping.GivenAway);

    private static GroupReport Make(string key, Group group) =>
        new(key, group.Connections, MetricsOf(group.Distributions, isDrawn: false));

    private static Dictionary<string, Distribution> MetricsOf(Distributions distributions, bool isDrawn)
    {
        var metrics = new Dictionary<string, Distribution>();
        foreach (Metric metric in Metrics.All)
        {
            if (distributions[metric] is { } histogram)
                metrics.Add(Metrics.Name(metric), Distribution.Of(histogram, metric == Metric.TimeWait ? distributions.InferredTimeWaits : null, isDrawn));
        }
        return metrics;
    }

    private static PoolReport Make(ReportBuilder builder, PoolOfHost pool, PoolUsage usage)
    {
        TraceSummary trace = builder.Traces.First(trace => trace.Host == pool.Host);
        long size = usage.Size > 0 ? usage.Size : trace.Ports?.Size ?? 0;
        return new PoolReport
        {
            Host = pool.Host,
            Netns = pool.Key.Netns,
            Laddr = pool.Key.Laddr.ToString(),
            Raddr = pool.Key.Raddr.ToString(),
            Rport = pool.Key.Rport,
            Size = size > 0 ? size : null,
            SustainablePerSecond = size > 0 ? (double)size / Tracking.TimeWaitLength.Seconds : null,
            TakenMax = usage.TakenMax >= 0 ? usage.TakenMax : null,
            TimeWaitMax = usage.TimeWaitMax >= 0 ? usage.TimeWaitMax : null,
            Connections = usage.Connections.Closed,
            ConnectionsPerSecond = usage.Connections.Closed / Math.Max(1, builder.DurationNsOf(pool.Host) / 1e9),
            OpenedPerSecondMax = usage.OpenedPerSecondMax > 0 ? usage.OpenedPerSecondMax : null,
            EmptyInNsMin = usage.EmptyInNsMin >= 0 ? usage.EmptyInNsMin : null,
            PortExhausted = usage.Exhausted,
            Comm = usage.Burner,
            CommConnections = usage.Burner is null ? null : usage.BurnerConnections,
            Taken = usage.TakenSeries >= 0 ? builder.TimeLine.Of(usage.TakenSeries).ToArray() : null,
            TimeWait = usage.TimeWaitSeries >= 0 ? builder.TimeLine.Of(usage.TimeWaitSeries).ToArray() : null,
        };
    }
}

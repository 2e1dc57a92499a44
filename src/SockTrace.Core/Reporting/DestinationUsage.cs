namespace SockTrace.Reporting;

/// <summary>What clients met at one destination, from all sources.</summary>
internal sealed record DestinationUsage(
    string Name, ConnectionCounts Connections, long SlowConnects, long TimedOut, long GivenUp, long GivenUpLongestNs)
{
    public static IEnumerable<DestinationUsage> Of(IEnumerable<KeyValuePair<PoolOfHost, PoolUsage>> pools) =>
        from entry in pools
        group entry.Value by (entry.Key.Key.Raddr, entry.Key.Key.Rport) into usages
        let all = Sum(usages)
        orderby all.Closed descending
        select new DestinationUsage(GroupKey.EndText(usages.Key.Raddr, usages.Key.Rport), all,
            usages.Sum(usage => usage.SlowConnects), all.Of(Tracking.CloseReason.TimedOut),
            usages.Sum(usage => usage.GivenUp), usages.Max(usage => usage.GivenUpLongestNs));

    private static ConnectionCounts Sum(IEnumerable<PoolUsage> usages)
    {
        var sum = new ConnectionCounts();
        foreach (PoolUsage usage in usages)
            sum.Merge(usage.Connections);
        return sum;
    }
}

namespace SockTrace.Tracking;

/// <summary>What is now, and what happened since the last time. Valid until the tracker moves on.</summary>
/// <param name="timeNs">CLOCK_MONOTONIC.</param>
/// <param name="intervalNs">Since the last time.</param>
/// <param name="pools">Those with the smallest free share first.</param>
internal readonly ref struct Statistics(long timeNs, long intervalNs, ReadOnlySpan<PoolUse> pools)
{
    public long TimeNs { get; } = timeNs;
    public long IntervalNs { get; } = intervalNs;
    public ReadOnlySpan<PoolUse> Pools { get; } = pools;

    /// <summary>Connections that began, clients and servers.</summary>
    public long Opened { get; init; }

    /// <summary>Connections that reached CLOSE.</summary>
    public long Closed { get; init; }

    /// <summary>Those of them that were never established: refused, timed out, without a port.</summary>
    public long Failed { get; init; }

    /// <summary>Sockets that exist, listeners too.</summary>
    public int Live { get; init; }

    /// <summary>Mini-sockets that exist.</summary>
    public int TimeWait { get; init; }
}

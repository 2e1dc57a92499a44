namespace SockTrace.Ports;

/// <summary>The ephemeral ports of this host, now: what <c>socktrace ports</c> says. docs/ports.md names each field.</summary>
internal sealed record PortBudget
{
    public int Schema { get; } = 1;
    public required string Version { get; init; }

    /// <summary>When the first socket was looked at.</summary>
    public required DateTime Ts { get; init; }

    public required string Host { get; init; }
    public required string Kernel { get; init; }

    /// <summary>TCP_TIMEWAIT_LEN.</summary>
    public long TimeWaitNs { get; } = SocketCensus.TimeWaitNs;

    /// <summary>How many network namespaces could be seen but not entered.</summary>
    public required int Refused { get; init; }

    /// <summary>Whether all namespaces and all owners can be seen: that takes root.</summary>
    public required bool IsPrivileged { get; init; }

    /// <summary>Our own first, then those with the fullest pools.</summary>
    public required IReadOnlyList<NamespacePorts> Namespaces { get; init; }

    /// <summary>All pools of all namespaces, the fullest first.</summary>
    internal IReadOnlyList<(NamespacePorts Namespace, PoolPorts Pool)> Pools =>
        field ??= [.. Namespaces.SelectMany(space => space.Pools.Select(pool => (space, pool))).OrderBy(pool => pool.pool, PoolPorts.FullestFirst)];
}

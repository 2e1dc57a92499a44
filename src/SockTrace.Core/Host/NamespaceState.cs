namespace SockTrace.Host;

/// <summary>What a look into a network namespace has found.</summary>
/// <param name="Netns">Its inode number.</param>
/// <param name="TimeNs">CLOCK_MONOTONIC at which its counters were read.</param>
/// <param name="Range">Null where it cannot be read.</param>
/// <param name="Counters">Null where they cannot be read.</param>
internal sealed record NamespaceState(uint Netns, long TimeNs, PortRange? Range, KernelCounters? Counters);

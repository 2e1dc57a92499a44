namespace SockTrace.Host;

/// <summary>What a look into a network namespace has found.</summary>
/// <param name="Netns">Its inode number.</param>
/// <param name="Range">Null where it cannot be read.</param>
/// <param name="Counters">Null where they cannot be read.</param>
internal sealed record NamespaceState(uint Netns, PortRange? Range, CountersLook? Counters);

using System.Runtime.InteropServices;
using SockTrace.Host;

namespace SockTrace.Tracking;

/// <summary>The kernel's counters that a trace can be held against, under their own names.</summary>
internal enum AuditCounter
{
    ActiveOpens,
    PassiveOpens,
    AttemptFails,
    EstabResets,
    TW,
    TWRecycled,
    TCPTimeWaitOverflow,
}

/// <summary>
/// Counts by network namespace what the kernel counts too, over the same time, so that the
/// two can be put side by side.
/// </summary>
/// <param name="namespaces">Knows when the kernel's counters were first read.</param>
/// <param name="timeWaitIsCountedAtExpiry">See <see cref="TrackerOptions.TimeWaitIsCountedAtExpiry"/>.</param>
internal sealed class Audit(NetworkNamespaces? namespaces, bool timeWaitIsCountedAtExpiry)
{
    private static readonly int Counters = Enum.GetValues<AuditCounter>().Length;

    private readonly Dictionary<uint, long[]> _seen = [];
    private readonly Dictionary<uint, long> _untilNs = [];
    private List<(uint Netns, long UntilNs, KernelCounters Grown)> _kernel = [];

    /// <summary>Counts something that the kernel counts as well.</summary>
    /// <param name="netns">Where.</param>
    /// <param name="timeNs">CLOCK_MONOTONIC; what is not between the two looks at the kernel's counters is left out.</param>
    /// <param name="counter">What.</param>
    /// <param name="by">-1 takes one back.</param>
    public void Count(uint netns, long timeNs, AuditCounter counter, int by = 1)
    {
        if (namespaces is null || timeNs < namespaces.FirstLookNs(netns)
            || (_untilNs.Count > 0 && _untilNs.TryGetValue(netns, out long untilNs) && timeNs > untilNs))
            return;
        ref long[]? counts = ref CollectionsMarshal.GetValueRefOrAddDefault(_seen, netns, out _);
        counts ??= new long[Counters];
        counts[(int)counter] += by;
    }

    /// <summary>Counts a mini-socket where the kernel does: when it is made, or when it expires.</summary>
    public void CountTimeWait(uint netns, long timeNs, bool isExpiry)
    {
        if (isExpiry == timeWaitIsCountedAtExpiry)
            Count(netns, timeNs, AuditCounter.TW);
    }

    /// <summary>Reads the kernel's counters: what happens from now on is not compared.</summary>
    public void Close()
    {
        if (namespaces is null)
            return;
        _kernel = namespaces.CountersNow();
        foreach ((uint netns, long untilNs, _) in _kernel)
            _untilNs[netns] = untilNs;
    }

    /// <summary>Each namespace that is still there and in which anything happened.</summary>
    public IEnumerable<AuditedNamespace> Results() => _kernel
        .Select(look => new AuditedNamespace(look.Netns, CountersOf(look.Grown),
            _seen.TryGetValue(look.Netns, out long[]? seen) ? seen : new long[Counters]))
        .Where(audited => audited.Kernel.Any(count => count != 0) || audited.Trace.Any(count => count != 0))
        .OrderBy(audited => audited.Netns);

    private static long[] CountersOf(KernelCounters counters) =>
    [
        counters.ActiveOpens, counters.PassiveOpens, counters.AttemptFails, counters.EstabResets,
        counters.TW, counters.TWRecycled, counters.TCPTimeWaitOverflow,
    ];
}

/// <param name="Netns">Inode number of the network namespace.</param>
/// <param name="Kernel">By <see cref="AuditCounter"/>: by how much the kernel's counters grew.</param>
/// <param name="Trace">By <see cref="AuditCounter"/>: what the trace saw meanwhile.</param>
internal sealed record AuditedNamespace(uint Netns, long[] Kernel, long[] Trace);

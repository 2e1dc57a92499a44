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
    /// <summary>So long before or after the kernel counts it something is told of, at most: a connect() is counted once it has a port.</summary>
    private const long MidstNs = 1_000_000;

    private readonly Dictionary<uint, NamespaceCounts> _seen = [];
    private readonly Dictionary<uint, CountersLook> _last = [];
    private List<(uint Netns, CountersLook Look, KernelCounters Grown)> _kernel = [];

    /// <summary>Counts something that the kernel counts as well.</summary>
    /// <param name="netns">Where.</param>
    /// <param name="timeNs">CLOCK_MONOTONIC; what is not between the two looks at the kernel's counters is left out.</param>
    /// <param name="counter">What.</param>
    /// <param name="by">-1 takes one back.</param>
    public void Count(uint netns, long timeNs, AuditCounter counter, int by = 1)
    {
        if (namespaces is null)
            return;
        CountersLook first = namespaces.FirstLook(netns);
        if (timeNs < first.FromNs - MidstNs)
            return;
        ref NamespaceCounts? counts = ref CollectionsMarshal.GetValueRefOrAddDefault(_seen, netns, out _);
        counts ??= new NamespaceCounts();
        counts.Doubt(first, timeNs, counter);
        bool isLate = false;
        if (_last.Count > 0 && _last.TryGetValue(netns, out CountersLook last))
        {
            counts.Doubt(last, timeNs, counter);
            isLate = timeNs > last.TimeNs;
        }
        if (timeNs >= first.TimeNs && !isLate)
            counts.Seen[(int)counter] += by;
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
        foreach ((uint netns, CountersLook last, _) in _kernel)
            _last[netns] = last;
    }

    /// <summary>Each namespace that is still there and in which anything happened.</summary>
    public IEnumerable<AuditedNamespace> Results() => _kernel
        .Select(look => ResultOf(look.Netns, CountersOf(look.Grown), _seen.GetValueOrDefault(look.Netns) ?? new NamespaceCounts()))
        .Where(audited => audited.Kernel.Any(count => count != 0) || audited.Trace.Any(count => count != 0))
        .OrderBy(audited => audited.Netns);

    private static AuditedNamespace ResultOf(uint netns, long[] kernel, NamespaceCounts counts) => new(netns, kernel, counts.Seen,
        IsTiming: kernel.Zip(counts.Seen, counts.InDoubt).All(counter => Math.Abs(counter.First - counter.Second) <= counter.Third));

    private static long[] CountersOf(KernelCounters counters) =>
    [
        counters.ActiveOpens, counters.PassiveOpens, counters.AttemptFails, counters.EstabResets,
        counters.TW, counters.TWRecycled, counters.TCPTimeWaitOverflow,
    ];

    private sealed class NamespaceCounts
    {
        private static readonly int Counters = Enum.GetValues<AuditCounter>().Length;

        /// <summary>By <see cref="AuditCounter"/>.</summary>
        public long[] Seen { get; } = new long[Counters];

        /// <summary>Likewise, how many the kernel may have counted on the other side of a look.</summary>
        public long[] InDoubt { get; } = new long[Counters];

        public void Doubt(CountersLook look, long timeNs, AuditCounter counter)
        {
            if (timeNs >= look.FromNs - MidstNs && timeNs <= look.UntilNs + MidstNs)
                InDoubt[(int)counter]++;
        }
    }
}

/// <param name="Netns">Inode number of the network namespace.</param>
/// <param name="Kernel">By <see cref="AuditCounter"/>: by how much the kernel's counters grew.</param>
/// <param name="Trace">By <see cref="AuditCounter"/>: what the trace saw meanwhile.</param>
/// <param name="IsTiming">Whether they differ by no more than what happened just while the kernel's were read.</param>
internal sealed record AuditedNamespace(uint Netns, long[] Kernel, long[] Trace, bool IsTiming);

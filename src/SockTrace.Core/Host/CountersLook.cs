namespace SockTrace.Host;

/// <summary>
/// One look at a network namespace's counters. The kernel counts on meanwhile, so of what happens
/// between <see cref="FromNs"/> and <see cref="UntilNs"/> nobody can say whether they have it.
/// </summary>
/// <param name="FromNs">CLOCK_MONOTONIC before.</param>
/// <param name="TimeNs">Between the two files.</param>
/// <param name="UntilNs">After.</param>
/// <param name="Counters">What was read.</param>
internal readonly record struct CountersLook(long FromNs, long TimeNs, long UntilNs, KernelCounters Counters)
{
    /// <summary>Two short files take some 100 us; much longer, and another thread has had the CPU.</summary>
    private const long QuickNs = 300_000;

    private const int Attempts = 5;

    /// <summary>Those of the namespace that the calling thread is in, read as quickly as can be.</summary>
    /// <returns>Null where they cannot be read.</returns>
    public static CountersLook? Take()
    {
        CountersLook? quickest = null;
        for (int i = 0; i < Attempts && !(quickest?.TookNs <= QuickNs); i++)
        {
            long fromNs = WallClock.MonotonicNs;
            string? snmp = HostFacts.ReadLine("/proc/thread-self/net/snmp");
            long timeNs = WallClock.MonotonicNs;
            string? netstat = HostFacts.ReadLine("/proc/thread-self/net/netstat");
            long untilNs = WallClock.MonotonicNs;
            if (KernelCounters.Parse(snmp, netstat) is not KernelCounters counters)
                return null;
            if (quickest is null || untilNs - fromNs < quickest.Value.TookNs)
                quickest = new CountersLook(fromNs, timeNs, untilNs, counters);
        }
        return quickest;
    }

    private long TookNs => UntilNs - FromNs;
}

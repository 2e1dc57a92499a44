using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Tests.Tracking;

/// <summary>What is held against the kernel's counters, and what was just happening while they were read.</summary>
public sealed class AuditTests
{
    private const uint Netns = 4026531840;
    private const long Ms = 1_000_000, First = 1000 * Ms, Last = 2000 * Ms;

    [Fact]
    public void OnlyWhatHappensBetweenTheTwoLooksIsCompared()
    {
        AuditedNamespace result = Run(kernelOpens: 2, [First - (5 * Ms), First + (5 * Ms), Last - (5 * Ms)], [Last + (5 * Ms)]);
        Assert.Equal((2, 2), (result.Kernel[0], result.Trace[0]));
    }

    [Theory]
    [InlineData(3, true)] // the kernel has it, who was told of before the look
    [InlineData(2, true)]
    [InlineData(1, true)]
    [InlineData(4, false)]
    public void WhatHappensJustWhileCountersAreReadExplainsAsMuchOfADifference(long kernelOpens, bool isTiming)
    {
        AuditedNamespace result = Run(kernelOpens, [First - (Ms / 2), First + (5 * Ms), Last - (5 * Ms)], []);
        Assert.Equal(2, result.Trace[0]);
        Assert.Equal(isTiming, result.IsTiming);
    }

    [Fact]
    public void WhereNothingHappensJustThenNoDifferenceIsExplained()
    {
        Assert.False(Run(kernelOpens: 3, [First + (5 * Ms), Last - (5 * Ms)], []).IsTiming);
        Assert.True(Run(kernelOpens: 2, [First + (5 * Ms), Last - (5 * Ms)], []).IsTiming);
    }

    [Fact]
    public void WhatHappensJustThenExplainsItsOwnCounterOnly()
    {
        var looks = new Queue<CountersLook>([Look(First, opens: 0), Look(Last, opens: 1)]);
        var namespaces = new NetworkNamespaces(null, lookAround: (_, _) => [new NamespaceState(Netns, null, looks.Dequeue())]);
        namespaces.WaitForFirstLook();
        var audit = new Audit(namespaces, timeWaitIsCountedAtExpiry: false);
        audit.Count(Netns, First - (Ms / 2), AuditCounter.PassiveOpens);
        audit.Close();
        Assert.False(Assert.Single(audit.Results()).IsTiming);
    }

    /// <param name="kernelOpens">By how much ActiveOpens grows.</param>
    /// <param name="before">When connections open, of which the trace is told before the last look.</param>
    /// <param name="after">And after it.</param>
    private static AuditedNamespace Run(long kernelOpens, long[] before, long[] after)
    {
        var looks = new Queue<CountersLook>([Look(First, opens: 70), Look(Last, 70 + kernelOpens)]);
        var namespaces = new NetworkNamespaces(null, lookAround: (_, _) => [new NamespaceState(Netns, null, looks.Dequeue())]);
        namespaces.WaitForFirstLook();
        var audit = new Audit(namespaces, timeWaitIsCountedAtExpiry: false);
        foreach (long timeNs in before)
            audit.Count(Netns, timeNs, AuditCounter.ActiveOpens);
        audit.Close();
        foreach (long timeNs in after)
            audit.Count(Netns, timeNs, AuditCounter.ActiveOpens);
        return Assert.Single(audit.Results());
    }

    private static CountersLook Look(long timeNs, long opens) =>
        new(timeNs - 1000, timeNs, timeNs + 1000, new KernelCounters(opens, 0, 0, 0, 0, 0, 0));
}

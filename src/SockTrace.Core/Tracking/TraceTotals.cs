namespace SockTrace.Tracking;

/// <summary>What a run saw, and what it knows it did not see.</summary>
/// <param name="EndNs">CLOCK_MONOTONIC.</param>
/// <param name="Events">Events that came from the source, filtered ones included.</param>
/// <param name="Shown">Those of them that the filters let through.</param>
/// <param name="Unmatched">
/// Sockets of which only one end was seen: closed without having been opened before our
/// eyes, or gone without a CLOSE.
/// </param>
internal readonly record struct TraceTotals(
    long EndNs, long Events, long Shown, long Unmatched, long LostRing, long LostKernel, long LostQueue, long LostTable)
{
    /// <summary>Pasts of ports, and pools, that were forgotten for want of room.</summary>
    public long Forgotten { get; init; }

    /// <summary>Whether the kernel was told to leave something out.</summary>
    public bool IsFiltered { get; init; }

    /// <summary>The kernel's own counters beside ours.</summary>
    public IReadOnlyList<AuditedNamespace> Audit { get; init; } = [];

    /// <summary>Events that the tables know nothing of, so that the audit may differ.</summary>
    public long Missed => LostRing + LostKernel + LostTable;

    public long Lost => Missed + LostQueue;

    /// <summary>The counts of what came after <paramref name="before"/>.</summary>
    public TraceTotals Since(in TraceTotals before) => this with
    {
        Events = Events - before.Events,
        Shown = Shown - before.Shown,
        Unmatched = Unmatched - before.Unmatched,
        LostRing = LostRing - before.LostRing,
        LostKernel = LostKernel - before.LostKernel,
        LostQueue = LostQueue - before.LostQueue,
        LostTable = LostTable - before.LostTable,
        Forgotten = Forgotten - before.Forgotten,
    };
}

namespace SockTrace.Reading;

/// <summary>The last line of a trace.</summary>
internal sealed class EndRecord
{
    /// <summary>Whether the trace goes on in another file.</summary>
    public bool IsContinued { get; set; }

    /// <summary>By <see cref="Tracking.LossPlace"/>.</summary>
    public long[] Lost { get; } = new long[4];

    public long Unmatched { get; set; }

    /// <summary>The kernel's own counters beside the trace's, a network namespace each.</summary>
    public List<AuditRecord> Audit { get; } = [];
}

/// <param name="Netns">Inode number of the network namespace.</param>
/// <param name="Kernel">By counter: by how much the kernel's grew.</param>
/// <param name="Trace">By counter: what the trace saw.</param>
/// <param name="Because">Why they differ, where that is known.</param>
internal sealed record AuditRecord(
    uint Netns, IReadOnlyDictionary<string, long> Kernel, IReadOnlyDictionary<string, long> Trace, string? Because);

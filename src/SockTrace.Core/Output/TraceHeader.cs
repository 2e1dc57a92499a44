using SockTrace.Host;

namespace SockTrace.Output;

/// <summary>What the first line of a trace says.</summary>
internal sealed record TraceHeader
{
    public required string Version { get; init; }
    public required string Host { get; init; }
    public required string? BootId { get; init; }
    public required string Kernel { get; init; }

    /// <summary>The name of the source: bpf, diag or proc.</summary>
    public required string Source { get; init; }

    /// <summary><c>measured</c> or <c>inferred</c>; null where the source sees no TIME_WAIT.</summary>
    public required string? TimeWait { get; init; }

    /// <summary>The filters as they would stand on the command line.</summary>
    public required string Filters { get; init; }

    public required NetworkSettings Settings { get; init; }
}

using SockTrace.Filters;

namespace SockTrace;

/// <summary>What the user asked of a trace.</summary>
internal sealed record TraceSettings
{
    public required SourceChoice Source { get; init; }
    public required TimeSpan? Duration { get; init; }
    public required TraceFilter Filter { get; init; }

    /// <summary>The filters as they were written.</summary>
    public required string FilterText { get; init; }

    /// <summary>See <see cref="FilterOptions.NetnsNumber"/>.</summary>
    public required uint? NetnsNumber { get; init; }

    /// <summary>See <see cref="FilterOptions.CgroupNumber"/>.</summary>
    public required ulong? CgroupNumber { get; init; }

    public required int MaxConnections { get; init; }

    /// <summary>How often totals and the fullest pools are told, unless somebody asks for another.</summary>
    public static readonly TimeSpan DefaultStatsInterval = TimeSpan.FromSeconds(10);

    public required TimeSpan StatsInterval { get; init; }

    /// <summary>A power of two.</summary>
    public required uint RingBytes { get; init; }

    public required bool Verbose { get; init; }
}

/// <summary>The values of --source.</summary>
internal enum SourceChoice
{
    Auto,
    Bpf,
    Proc,
}

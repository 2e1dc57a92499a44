namespace SockTrace.Screen;

/// <summary>What stands in the first line.</summary>
internal sealed record ScreenLabels
{
    /// <summary>live, or what is replayed.</summary>
    public required string Verb { get; init; }

    public required string Host { get; init; }

    /// <summary>bpf, proc, or that of the trace.</summary>
    public required string Source { get; init; }

    /// <summary>measured or inferred.</summary>
    public required string TimeWait { get; init; }

    public bool IsMeasured => TimeWait == "measured";

    /// <summary>A trace was replayed to its end.</summary>
    public bool IsOver { get; set; }
}

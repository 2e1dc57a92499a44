using SockTrace.Tracking;

namespace SockTrace.Doctor;

/// <summary>What came of tracing a connection of our own: <see cref="BpfTrial"/>.</summary>
internal sealed record Trial
{
    /// <summary>
    /// How often the two sockets of that connection change their state: five times the client's,
    /// up to CLOSE out of FIN_WAIT2, and four times the server's, which aborts.
    /// </summary>
    public const int ExpectedTransitions = 9;

    /// <summary>Why nothing could be loaded or attached; null where it could.</summary>
    public string? Refusal { get; init; }

    /// <summary>What might help against the refusal.</summary>
    public string? Hint { get; init; }

    /// <summary>What was attached: section and name of each program.</summary>
    public IReadOnlyList<string> Hooks { get; init; } = [];

    /// <summary>Why what would be better could not be had, as the source says it.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public TimeWaitSight TimeWait { get; init; }

    /// <summary>Why there was no connection to be seen; null where there was one.</summary>
    public string? NoConnection { get; init; }

    /// <summary>Whether a snapshot of our network namespace came.</summary>
    public bool HasSnapshot { get; init; }

    /// <summary>Different transitions that arrived.</summary>
    public int Transitions { get; init; }

    /// <summary>Whether accept() was seen.</summary>
    public bool SawAccept { get; init; }

    /// <summary>Whether the mini-socket that it left was seen.</summary>
    public bool SawMiniSocket { get; init; }

    /// <summary>Whether that mini-socket's early end was seen.</summary>
    public bool SawItsEnd { get; init; }

    /// <summary>Whether it was also told what ended it.</summary>
    public bool SawWhatEndedIt { get; init; }

    public bool IsAttached => Refusal is null;

    /// <summary>Whether nothing is known that would stand in the way of a trace.</summary>
    public bool Works => IsAttached && (NoConnection is not null || Transitions == ExpectedTransitions);

    /// <summary>Whether TIME_WAIT is measured, as far as could be tried.</summary>
    public bool MeasuresTimeWait => IsAttached && TimeWait is TimeWaitSight.Functions or TimeWaitSight.Timers
        && (NoConnection is not null || (SawMiniSocket && SawItsEnd));
}

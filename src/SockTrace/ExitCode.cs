namespace SockTrace;

/// <summary>What a script sees.</summary>
internal static class ExitCode
{
    /// <summary>Done; Ctrl-C, SIGTERM and a closed pipe included.</summary>
    public const int Done = 0;

    /// <summary>Failed while running.</summary>
    public const int Failed = 1;

    /// <summary>A verb, option or value that does not exist.</summary>
    public const int Usage = 2;

    /// <summary>This host cannot be traced as asked.</summary>
    public const int Unavailable = 3;

    /// <summary>What help and man page say of each.</summary>
    public static readonly (int Code, string Meaning)[] All =
    [
        (Done, "done, also by Ctrl-C, SIGTERM or a closed pipe"),
        (Failed, "failed while running; of `ports --fail-above`: a pool is fuller"),
        (Usage, "a verb, option or value that is none; nothing was done"),
        (Unavailable, "this host cannot do as asked; the message says what is missing"),
    ];
}

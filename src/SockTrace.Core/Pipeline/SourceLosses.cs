namespace SockTrace.Pipeline;

/// <summary>Events that a source knows it did not deliver, since it was opened.</summary>
/// <param name="Ring">The ring buffer had no room: the consumer was too slow.</param>
/// <param name="Kernel">
/// The kernel did not run the program for them. Less by one for each event that came twice:
/// only who sees the events can tell that.
/// </param>
/// <param name="Malformed">They came, but were not understood.</param>
internal readonly record struct SourceLosses(long Ring, long Kernel, long Malformed)
{
    /// <summary>Of a trace: what its file did not take.</summary>
    public long Queue { get; init; }

    /// <summary>Of a trace: what gave way in the tables of whoever wrote it.</summary>
    public long Table { get; init; }
}

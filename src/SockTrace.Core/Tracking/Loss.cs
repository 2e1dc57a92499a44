namespace SockTrace.Tracking;

/// <summary>Where events were lost.</summary>
internal enum LossPlace : byte
{
    /// <summary>The ring buffer had no room, or what came was not understood.</summary>
    Ring,

    /// <summary>The kernel did not run the program.</summary>
    Kernel,

    /// <summary>The output's queue was full.</summary>
    Queue,

    /// <summary>A table was full, and its oldest row gave way.</summary>
    Table,
}

/// <param name="TimeNs">CLOCK_MONOTONIC at which it was noticed.</param>
/// <param name="Count">How many since the last time.</param>
/// <param name="Total">How many since the start, at this place.</param>
internal readonly record struct Loss(long TimeNs, LossPlace Place, long Count, long Total);

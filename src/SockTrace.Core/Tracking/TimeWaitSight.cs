namespace SockTrace.Tracking;

/// <summary>What a source tells of mini-sockets.</summary>
internal enum TimeWaitSight : byte
{
    /// <summary>Looks at them now and then: both ends are worked out from their timers.</summary>
    Polled,

    /// <summary>Looks at them now and then: where they begin is worked out from how connections end.</summary>
    Inferred,

    /// <summary>Each is told by its timer. Where none is told, none was made.</summary>
    Timers,

    /// <summary>Each is told by the functions that make and end it.</summary>
    Functions,
}

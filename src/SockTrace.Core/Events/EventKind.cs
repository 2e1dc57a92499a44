namespace SockTrace.Events;

/// <summary>What an event tells. <c>enum socktrace_kind</c> in bpf/socktrace.h.</summary>
internal enum EventKind : byte
{
    /// <summary>A transition of a full socket.</summary>
    State = 1,

    /// <summary>A mini-socket was armed, in FIN_WAIT2 or TIME_WAIT.</summary>
    MiniArmed = 2,

    /// <summary>A mini-socket's timer ran out.</summary>
    MiniExpired = 3,

    /// <summary>A mini-socket went before its time, and nobody saw why.</summary>
    MiniGone = 4,
}

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

    /// <summary>A local connect() took a mini-socket's four-tuple.</summary>
    MiniReused = 5,

    /// <summary>A SYN of the peer's took a mini-socket's four-tuple.</summary>
    MiniReopened = 6,

    /// <summary>A mini-socket was ended by a RST, an administrator, or the end of its namespace.</summary>
    MiniKilled = 7,

    /// <summary>No mini-socket was made for the socket: tcp_max_tw_buckets.</summary>
    MiniOverflow = 8,

    /// <summary>Only this: pid and comm are the owner's.</summary>
    Owned = 9,

    /// <summary>A snapshot found the socket in the new state.</summary>
    Seen = 10,

    /// <summary>A snapshot found the mini-socket in the new state.</summary>
    SeenMini = 11,

    /// <summary>That was all of the namespace.</summary>
    SnapshotEnd = 12,
}

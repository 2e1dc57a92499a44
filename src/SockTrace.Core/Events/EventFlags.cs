namespace SockTrace.Events;

/// <summary><c>enum socktrace_flags</c> in bpf/socktrace.h.</summary>
[Flags]
internal enum EventFlags : byte
{
    None = 0,

    /// <summary>pid and comm are the owner's: the kernel was in its context.</summary>
    Owner = 1 << 0,

    /// <summary>Emitted by the second program of the pair, so possibly a repeat.</summary>
    Rescued = 1 << 1,

    /// <summary>The peer's FIN has been received in order. At CLOSE only.</summary>
    FinReceived = 1 << 2,

    /// <summary>Byte counts, retransmits, srtt, error and shutdown bits are filled in. At CLOSE only.</summary>
    Totals = 1 << 3,

    /// <summary>The owner was looked up in /proc, after the fact.</summary>
    OwnerFromSnapshot = 1 << 4,

    /// <summary>The cookie is not the kernel's but a number that the source gave.</summary>
    OwnId = 1 << 5,

    /// <summary>First seen, and not there at the look before: it was opened between the two.</summary>
    Appeared = 1 << 6,

    /// <summary>A process held the socket's lock: the transition was made on this side. At CLOSE only.</summary>
    Held = 1 << 7,
}

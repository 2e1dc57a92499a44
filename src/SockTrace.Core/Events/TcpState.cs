namespace SockTrace.Events;

/// <summary>The kernel's TCP states, include/net/tcp_states.h.</summary>
internal enum TcpState : byte
{
    /// <summary>Not the kernel's: what came before was not seen.</summary>
    Unknown = 0,
    Established = 1,
    SynSent = 2,
    SynRecv = 3,
    FinWait1 = 4,
    FinWait2 = 5,
    TimeWait = 6,
    Close = 7,
    CloseWait = 8,
    LastAck = 9,
    Listen = 10,
    Closing = 11,

    /// <summary>A request socket. The tracepoint never shows it, and /proc shows it as SYN_RECV.</summary>
    NewSynRecv = 12,
}

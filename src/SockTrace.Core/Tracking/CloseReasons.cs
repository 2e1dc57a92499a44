using SockTrace.Events;
using SockTrace.Host;

namespace SockTrace.Tracking;

/// <summary>Why a connection ended.</summary>
internal enum CloseReason : byte
{
    /// <summary>Nothing tells.</summary>
    Unknown,

    /// <summary>By FIN, both ways; or ours was acknowledged, and a mini-socket waits for the peer's.</summary>
    Closed,

    /// <summary>A RST came.</summary>
    ResetByPeer,

    /// <summary>We sent a RST: unread data, SO_LINGER 0, data after close(), an administrator.</summary>
    ResetByUs,

    /// <summary>Nobody listens there.</summary>
    Refused,

    /// <summary>No answer.</summary>
    TimedOut,

    /// <summary>ICMP says that there is no way.</summary>
    Unreachable,

    /// <summary>connect() found no local port.</summary>
    PortExhausted,

    /// <summary>It waited for accept() when its listener was closed.</summary>
    ListenerClosed,

    /// <summary>Given up by the process without a FIN: connect() to AF_UNSPEC, or close() before it was established.</summary>
    Disconnected,
}

/// <summary>Which end ended a connection.</summary>
internal enum ClosedBy : byte
{
    Unknown,
    Local,
    Remote,

    /// <summary>Both sent a FIN before either saw the other's: CLOSING.</summary>
    Both,
}

/// <summary>What was seen of a mini-socket at its connection's CLOSE.</summary>
internal enum MiniFate : byte
{
    /// <summary>None was seen, so there is none.</summary>
    None,

    /// <summary>None was seen, but then none would have been.</summary>
    Unseen,

    /// <summary>One was armed.</summary>
    Armed,

    /// <summary>The kernel would not make one: tcp_max_tw_buckets.</summary>
    Overflow,
}

/// <summary>
/// From the last transition to the reason. What the kernel does in each case: tcp_close(),
/// tcp_disconnect(), tcp_reset(), tcp_abort(), inet_csk_listen_stop(), tcp_time_wait(); and of
/// connect(), tcp_v4_connect() and tcp_v6_connect() where they fail.
/// </summary>
internal static class CloseReasons
{
    private const byte ShutBoth = 3;

    /// <summary>SOCKTRACE_UNSENT: no SYN has left. At SYN_SENT→CLOSE.</summary>
    public const byte Unsent = 0x80;

    /// <param name="old">The state before CLOSE.</param>
    /// <param name="role">Which end it is.</param>
    /// <param name="flags">Of the transition to CLOSE.</param>
    /// <param name="error">sk_err.</param>
    /// <param name="shutdown">sk_shutdown: close() sets both bits before all else; and <see cref="Unsent"/>.</param>
    /// <param name="mini">What became of its mini-socket.</param>
    /// <param name="isConnectFailure"><see cref="IsConnectFailure"/>, of a connect() that had a port.</param>
    public static (CloseReason Reason, ClosedBy By) Of(
        TcpState old, Role role, EventFlags flags, int error, byte shutdown, MiniFate mini, bool isConnectFailure)
    {
        if ((flags & EventFlags.Totals) == 0)
            return default;
        if (error != 0)
            return OfError(error, old);

        bool isHeld = (flags & EventFlags.Held) != 0;
        bool isFinReceived = (flags & EventFlags.FinReceived) != 0;
        (CloseReason, ClosedBy) aborted = isHeld && (shutdown & ShutBoth) != ShutBoth
            ? (CloseReason.Disconnected, ClosedBy.Local)
            : (CloseReason.ResetByUs, ClosedBy.Local);
        return old switch
        {
            TcpState.Listen => (CloseReason.Closed, ClosedBy.Local),
            TcpState.SynSent => isHeld && !isConnectFailure ? (CloseReason.Disconnected, ClosedBy.Local) : default,
            // A handshake that was completed twice: inet_ehash_nolisten() ends the second child. Or,
            // with TCP_FASTOPEN, one that waited for accept().
            TcpState.SynRecv when !isHeld => default,
            // Only inet_csk_listen_stop() ends a socket without an error and without holding it. It
            // has tcp_disconnect() do that, of children whose handshake is complete.
            TcpState.Established or TcpState.CloseWait when !isHeld && role != Role.Client =>
                (CloseReason.ListenerClosed, ClosedBy.Local),
            TcpState.SynRecv or TcpState.Established or TcpState.CloseWait or TcpState.FinWait1 => aborted,
            // Without the peer's FIN: an orphan, if a mini-socket waits for that. Where one would not be seen, probably.
            TcpState.FinWait2 when isFinReceived || mini != MiniFate.None => (CloseReason.Closed, ClosedBy.Local),
            TcpState.FinWait2 => aborted,
            TcpState.Closing => (CloseReason.Closed, ClosedBy.Both),
            TcpState.LastAck => (CloseReason.Closed, ClosedBy.Remote),
            _ => default,
        };
    }

    /// <summary>
    /// Whether connect() itself gave up, and no SYN has left: inet_hash_connect() found no port, or
    /// the bound one is taken toward that destination. It holds the socket, sets no error on it and
    /// shuts nothing down. Who was bound may as well have been disconnected (AF_UNSPEC).
    /// </summary>
    /// <param name="lport">At CLOSE: 0 where the socket has none, or had none that a SYN was sent from.</param>
    /// <param name="old">The state before CLOSE.</param>
    /// <param name="flags">Of the transition to CLOSE.</param>
    /// <param name="error">sk_err.</param>
    /// <param name="shutdown">sk_shutdown.</param>
    /// <param name="isBound">Whether it had its local port before connect().</param>
    public static bool IsConnectFailure(ushort lport, TcpState old, EventFlags flags, int error, byte shutdown, bool isBound)
    {
        const EventFlags Held = EventFlags.Totals | EventFlags.Held;
        return old == TcpState.SynSent && (flags & Held) == Held && error == 0 && (shutdown & ShutBoth) != ShutBoth && (lport == 0 || isBound);
    }

    /// <remarks>ICMP's become these by icmp_err_convert[] and icmpv6_err_convert().</remarks>
    private static (CloseReason Reason, ClosedBy By) OfError(int error, TcpState old) => error switch
    {
        Errno.ECONNREFUSED when old is TcpState.SynSent or TcpState.SynRecv => (CloseReason.Refused, ClosedBy.Remote),
        Errno.ETIMEDOUT => (CloseReason.TimedOut, ClosedBy.Unknown),
        Errno.EHOSTUNREACH or Errno.ENETUNREACH or Errno.EHOSTDOWN or Errno.ENETDOWN or Errno.ENONET or Errno.ENOPROTOOPT
            or Errno.ECONNREFUSED or Errno.EACCES or Errno.EPROTO or Errno.EOPNOTSUPP =>
            (CloseReason.Unreachable, ClosedBy.Unknown),
        Errno.ECONNRESET or Errno.EPIPE => (CloseReason.ResetByPeer, ClosedBy.Remote),
        Errno.ECONNABORTED => (CloseReason.ResetByUs, ClosedBy.Local),
        _ => default,
    };
}

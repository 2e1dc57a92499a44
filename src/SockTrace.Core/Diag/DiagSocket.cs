using SockTrace.Events;

namespace SockTrace.Diag;

/// <summary>One socket as NETLINK_SOCK_DIAG shows it (struct inet_diag_msg, include/uapi/linux/inet_diag.h).</summary>
/// <param name="Timer">Which timer runs; <see cref="TimeWaitTimer"/> marks a mini-socket.</param>
/// <param name="TimerNs">What is left of it, nanoseconds, in steps of a millisecond; 0 where it is overdue.</param>
/// <param name="Inode">The socket's inode number; 0 for orphans, mini-sockets and request sockets, and before accept().</param>
/// <param name="Cookie">The socket's cookie; 0 where the source knows none.</param>
internal readonly record struct DiagSocket(
    IpFamily Family, IpAddress Laddr, ushort Lport, IpAddress Raddr, ushort Rport,
    TcpState State, int Timer, long TimerNs, uint Uid, ulong Inode, ulong Cookie)
{
    /// <summary>inet_twsk_diag_fill() in net/ipv4/inet_diag.c sets it on mini-sockets, and on nothing else.</summary>
    public const int TimeWaitTimer = 3;

    /// <summary>Whether it is a mini-socket: in TIME_WAIT, or an orphan in FIN_WAIT2.</summary>
    public bool IsMini => Timer == TimeWaitTimer;
}

/// <summary>Takes one socket; the reference is to memory that the next one overwrites.</summary>
internal delegate void SeeSocket(in DiagSocket socket);

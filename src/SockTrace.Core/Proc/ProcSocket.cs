using SockTrace.Events;

namespace SockTrace.Proc;

/// <summary>One line of /proc/net/tcp or tcp6 (tcp4_seq_show() in net/ipv4/tcp_ipv4.c).</summary>
/// <param name="Timer">Which timer runs; <see cref="TimeWaitTimer"/> marks a mini-socket.</param>
/// <param name="TimerTicks">What is left of it, in ticks of USER_HZ (100 a second).</param>
/// <param name="Inode">The socket's inode number; 0 for orphans, mini-sockets and request sockets.</param>
internal readonly record struct ProcSocket(
    IpFamily Family, IpAddress Laddr, ushort Lport, IpAddress Raddr, ushort Rport,
    TcpState State, int Timer, long TimerTicks, uint Uid, ulong Inode)
{
    public const int TimeWaitTimer = 3;

    public bool IsMini => Timer == TimeWaitTimer;

    /// <summary>What is left of the timer, nanoseconds.</summary>
    public long TimerNs => TimerTicks * 10_000_000;
}

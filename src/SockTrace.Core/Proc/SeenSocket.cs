using SockTrace.Events;

namespace SockTrace.Proc;

/// <summary>What tells sockets apart in /proc. The inode number counts for listeners, which may share a port.</summary>
internal readonly record struct SocketKey(
    uint Netns, IpAddress Laddr, IpAddress Raddr, ushort Lport, ushort Rport, ulong ListenerInode)
{
    public static SocketKey Of(uint netns, in ProcSocket socket) => new(
        netns, socket.Laddr, socket.Raddr, socket.Lport, socket.Rport,
        socket.State == TcpState.Listen ? socket.Inode : 0);
}

/// <summary>What was known of a socket at the last look.</summary>
internal struct SeenSocket
{
    /// <summary>Our own number: a socket keeps it when it becomes a mini-socket.</summary>
    public ulong Id;

    public ProcSocket Last;
    public long LastScan;

    /// <summary>CLOCK_MONOTONIC of the last event about it: time does not run backwards.</summary>
    public long LastEventNs;

    /// <summary>When its TIME_WAIT timer will run out, CLOCK_MONOTONIC; 0 outside TIME_WAIT.</summary>
    public long ExpiresNs;

    /// <summary>The latest that may be: what is left of it was read between two times.</summary>
    public long ExpiresByNs;

    /// <summary>The inode number while it had one: an orphan has none any more.</summary>
    public ulong Inode;
}

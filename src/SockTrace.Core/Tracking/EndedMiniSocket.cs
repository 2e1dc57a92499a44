using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>A mini-socket that is no more: TIME_WAIT, or an orphan's FIN_WAIT2; valid until the tracker moves on.</summary>
internal readonly ref struct EndedMiniSocket(MiniSocketTable table, int row, long endedNs, MiniSocketEnding ending)
{
    /// <summary>The connection's id: the socket cookie, or a number of our own.</summary>
    public ulong Id => table.Ids[row];

    /// <summary>Which of the two.</summary>
    public bool IdIsCookie => table.IdsAreCookies[row];

    /// <summary>Inode number of the network namespace.</summary>
    public uint Netns => table.Netnses[row];

    public IpFamily Family => table.Families[row];
    public IpAddress Laddr => table.Laddrs[row];
    public ushort Lport => table.Lports[row];
    public IpAddress Raddr => table.Raddrs[row];
    public ushort Rport => table.Rports[row];

    /// <summary>Of the connection, as the other three.</summary>
    public ulong Cgroup => table.Cgroups[row];

    public uint Pid => table.Pids[row];
    public ref readonly Comm Comm => ref table.Comms[row];
    public OwnerFrom OwnerFrom => table.OwnersFrom[row];

    /// <summary>CLOCK_MONOTONIC of the begin of TIME_WAIT; 0 where it never came to that.</summary>
    public long BeganNs => table.TimeWaitSinceNs[row];

    /// <summary>Nanoseconds in FIN_WAIT2 before; -1 where it was not in it.</summary>
    public long FinWait2Ns => table.FinWait2SinceNs[row] == 0
        ? -1
        : Math.Max(0, (BeganNs != 0 ? BeganNs : EndedNs) - table.FinWait2SinceNs[row]);

    /// <summary>CLOCK_MONOTONIC of its end; where none was made, of the connection's CLOSE.</summary>
    public long EndedNs { get; } = endedNs;

    public MiniSocketEnding Ending { get; } = ending;

    /// <summary>Nanoseconds in TIME_WAIT; -1 where it was not in it.</summary>
    public long DurationNs => BeganNs == 0 ? -1 : Math.Max(0, EndedNs - BeganNs);

    /// <summary>Whether its end was worked out, and not seen.</summary>
    public bool IsInferred => table.IsInferred[row];
}

/// <summary>How a TIME_WAIT ended.</summary>
internal enum MiniSocketEnding : byte
{
    /// <summary>We lost sight of it.</summary>
    Lost,

    /// <summary>The timer ran out.</summary>
    Expired,

    /// <summary>A local connect() took the four-tuple: tcp_tw_reuse.</summary>
    Reused,

    /// <summary>A SYN of the peer's took the four-tuple.</summary>
    Reopened,

    /// <summary>By a RST, an administrator, or the end of its network namespace.</summary>
    Killed,

    /// <summary>The kernel made none: tcp_max_tw_buckets.</summary>
    Overflow,
}

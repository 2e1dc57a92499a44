using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>
/// One row of the <see cref="ConnectionTable"/>, as sinks and filters see it. Valid until the
/// tracker moves on. A port, pid or time of 0 and an address of none are unknown.
/// </summary>
internal readonly ref struct ConnectionView(ConnectionTable table, int row)
{
    /// <summary>The socket cookie; where the source has none, a number of our own.</summary>
    public ulong Id => table.Ids[row];

    /// <summary>Whether <see cref="Id"/> is the kernel's socket cookie.</summary>
    public bool IdIsCookie => table.IdsAreCookies[row];

    public IpFamily Family => table.Families[row];
    public IpAddress Laddr => table.Laddrs[row];
    public IpAddress Raddr => table.Raddrs[row];
    public ushort Lport => table.Lports[row];
    public ushort Rport => table.Rports[row];

    /// <summary>Inode number of the network namespace.</summary>
    public uint Netns => table.Netnses[row];

    public ulong Cgroup => table.Cgroups[row];
    public uint Uid => table.Uids[row];
    public Role Role => table.Roles[row];
    public TcpState State => table.States[row];
    public uint Pid => table.Pids[row];
    public ref readonly Comm Comm => ref table.Comms[row];
    public OwnerFrom OwnerFrom => table.OwnersFrom[row];

    /// <summary>CLOCK_MONOTONIC of the first transition, where that was the socket's first.</summary>
    public long OpenedNs => table.OpenedNs[row];

    /// <summary>SYN_SENT to ESTABLISHED.</summary>
    public long ConnectNs => table.ConnectNs[row];

    /// <summary>What the local port was before.</summary>
    public PortReuse Reuse => table.Reuses[row];

    /// <summary>Since the CLOSE of who had it then; -1 where there is none, or it lives.</summary>
    public long ReuseGapNs => table.ReuseGapsNs[row];

    public ref readonly StateTimes StateTimes => ref table.StateTimes[row];
}

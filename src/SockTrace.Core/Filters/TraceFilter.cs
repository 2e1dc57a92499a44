using SockTrace.Events;
using SockTrace.Pipeline;
using SockTrace.Tracking;

namespace SockTrace.Filters;

/// <summary>
/// Which connections are shown. Null is "any". This is the exact decision; a source may
/// leave out before that what cannot match. What is unknown does not match: a transition
/// before the local port or the owner is known is not shown by a filter for it.
/// </summary>
internal sealed record TraceFilter
{
    /// <summary>Either port.</summary>
    public ushort? Port { get; init; }

    public ushort? Lport { get; init; }
    public ushort? Rport { get; init; }

    /// <summary>Either address.</summary>
    public CidrPrefix? Host { get; init; }

    public uint? Pid { get; init; }
    public CommGlob? Comm { get; init; }

    /// <summary>Inode number of the network namespace.</summary>
    public uint? Netns { get; init; }

    /// <summary>Id of the cgroup (v2): the inode number of its directory.</summary>
    public ulong? Cgroup { get; init; }

    public IpFamily? Family { get; init; }

    /// <summary>First transition to now at least this.</summary>
    public TimeSpan? MinLifetime { get; init; }

    /// <summary>Whether there is a filter for what does not change over a socket's life.</summary>
    public bool HasTuple => HidesPartOfNetns || Netns is not null;

    /// <summary>Whether such a one leaves out connections of a network namespace of which it lets others through.</summary>
    public bool HidesPartOfNetns => (Port ?? Lport ?? Rport) is not null || Host is not null || Family is not null;

    public bool IsEmpty => !HasTuple && Pid is null && Comm is null && Cgroup is null && MinLifetime is null;

    /// <summary>
    /// Whether this socket is ruled out for good. Until its tuple is complete that cannot be told, and
    /// the kernel sends its transitions up to there.
    /// </summary>
    public bool RulesOut(EventBatch batch, int i) => HasTuple && IsTupleComplete(batch, i) && !AcceptsTuple(
        batch.Netnses[i], batch.Families[i], batch.Laddrs[i], batch.Lports[i], batch.Raddrs[i], batch.Rports[i]);

    public bool Accepts(in ConnectionView connection, long nowNs)
    {
        if (!AcceptsTuple(connection.Netns, connection.Family, connection.Laddr, connection.Lport, connection.Raddr,
            connection.Rport))
            return false;
        if (Pid is uint pid && connection.Pid != pid)
            return false;
        if (Cgroup is ulong cgroup && connection.Cgroup != cgroup)
            return false;
        if (Comm is not null && (connection.OwnerFrom == OwnerFrom.Unknown || !Comm.Matches(connection.Comm)))
            return false;
        if (MinLifetime is TimeSpan least
            && (connection.OpenedNs == 0 || nowNs - connection.OpenedNs < least.Ticks * TimeSpan.NanosecondsPerTick))
            return false;
        return true;
    }

    /// <summary>A mini-socket is its connection's: what that was matters, but not how long it lived.</summary>
    public bool Accepts(in EndedMiniSocket mini) =>
        (Pid is not uint pid || mini.Pid == pid)
        && (Cgroup is not ulong cgroup || mini.Cgroup == cgroup)
        && (Comm is null || (mini.OwnerFrom != OwnerFrom.Unknown && Comm.Matches(mini.Comm)))
        && AcceptsTuple(mini.Netns, mini.Family, mini.Laddr, mini.Lport, mini.Raddr, mini.Rport);

    public bool AcceptsTuple(uint netns, IpFamily family, IpAddress laddr, ushort lport, IpAddress raddr, ushort rport)
    {
        if (Netns is uint wantedNetns && netns != wantedNetns)
            return false;
        if (Family is IpFamily wantedFamily && family != wantedFamily)
            return false;
        if (Port is ushort port && lport != port && rport != port)
            return false;
        if (Lport is ushort wantedLport && lport != wantedLport)
            return false;
        if (Rport is ushort wantedRport && rport != wantedRport)
            return false;
        return Host is not CidrPrefix host || host.Contains(laddr) || host.Contains(raddr);
    }

    private static bool IsTupleComplete(EventBatch batch, int i)
    {
        if (batch.Lports[i] == 0)
            return false;
        bool isListener = batch.NewStates[i] == TcpState.Listen
            || (batch.OldStates[i] == TcpState.Listen && batch.NewStates[i] == TcpState.Close);
        return batch.Rports[i] != 0 || isListener;
    }
}

using SockTrace.Filters;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>A pool, and who has most of it.</summary>
internal readonly record struct DestinationRow(PoolUse Pool, Taker? Taker)
{
    public string TakerText => Taker?.Text ?? "-";

    public string From => Pool.Key.Laddr.ToString();

    public string To => SocketIdentity.EndPoint(Pool.Key.Raddr, Pool.Key.Rport);

    public string SizeText => Pool.Size > 0 ? $"{Pool.Size}" : "?";

    public string ShareText => Pool.Size > 0 ? $"{(int)(Pool.Share * 100)} %" : "?";

    /// <summary>Until none is left: now, in how long, or - where it does not grow.</summary>
    public string EmptyInText => Pool.Size > 0 && Pool.Taken >= Pool.Size ? "now"
        : double.IsInfinity(Pool.SecondsToEmpty) ? "-"
        : Reporting.Words.Duration((long)(Pool.SecondsToEmpty * 1e9));

    public Ink Ink => Pool.Size > 0 ? Inks.OfShare(Pool.Share) : Ink.Plain;

    /// <summary>Whether the run and the filter that was typed let it be seen.</summary>
    public bool IsShown(Snapshot now)
    {
        PoolKey key = Pool.Key;
        var identity = new SocketIdentity
        {
            Laddr = key.Laddr,
            Raddr = key.Raddr,
            Rport = key.Rport,
            Netns = key.Netns,
            Pid = Taker?.Pid ?? 0,
            Comm = Taker?.Comm ?? default,
            OwnerFrom = Taker is null ? OwnerFrom.Unknown : OwnerFrom.Connect,
        };
        // A pool has no family, local port or cgroup of its own: words for them do not count here.
        TraceFilter typed = now.Words.Filter with { Lport = null, Family = null, Cgroup = null };
        TraceFilter asked = now.Filter with { Lport = null, Family = null, Cgroup = null };
        return identity.Matches(typed) && identity.Matches(asked) && now.Words.IsIn(TakerText, From, To);
    }
}

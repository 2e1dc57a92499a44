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
}

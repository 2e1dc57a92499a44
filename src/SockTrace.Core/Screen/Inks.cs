using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>Which states stand out.</summary>
internal static class Inks
{
    public static Ink Of(TcpState state) => state switch
    {
        TcpState.Established => Ink.Good,
        TcpState.TimeWait => Ink.Warning,
        TcpState.Listen => Ink.Dim,
        _ => Ink.Plain,
    };

    /// <summary>Of how much of a pool is taken, from 0 to 1.</summary>
    public static Ink OfShare(double share) => share >= 0.95 ? Ink.Alarm : share >= PoolUse.NearlyFull ? Ink.Warning : Ink.Good;
}

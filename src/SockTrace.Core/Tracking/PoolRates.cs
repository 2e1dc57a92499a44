namespace SockTrace.Tracking;

/// <summary>How a pool has changed lately, a second.</summary>
/// <param name="Opens">Connections begun.</param>
/// <param name="Growth">By how many taken ports it grew.</param>
/// <param name="LiveGrowth">By how many of them are connections.</param>
/// <param name="TimeWaits">Ports that went into TIME_WAIT.</param>
/// <param name="TakenOver">Ports in TIME_WAIT that a connect() took over: tcp_tw_reuse.</param>
internal readonly record struct PoolRates(double Opens, double Growth, double LiveGrowth, double TimeWaits, double TakenOver)
{
    public static PoolRates Between(in PoolMark before, in PoolMark now, double seconds) => new(
        (now.Opened - before.Opened) / seconds,
        (now.Taken - before.Taken) / seconds,
        (now.Live - before.Live) / seconds,
        (now.TimeWaitsMade - before.TimeWaitsMade) / seconds,
        (now.TakenOver - before.TakenOver) / seconds);
}

using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>How a pool is used.</summary>
/// <param name="Key">Whose.</param>
/// <param name="Live">Ports of connections.</param>
/// <param name="TimeWaits">Ports of mini-sockets.</param>
/// <param name="Size">Ports in it; 0 where that is not known.</param>
/// <param name="Rates">How it has changed lately.</param>
/// <param name="Opened">Connections begun since the start.</param>
/// <param name="Exhausted">connect()s that found no port since the start.</param>
/// <param name="Pid">Of who took from it last; 0 where nobody is known.</param>
/// <param name="Comm">His name.</param>
internal readonly record struct PoolUse(
    PoolKey Key, int Live, int TimeWaits, int Size, PoolRates Rates, long Opened, long Exhausted, uint Pid, Comm Comm)
{
    /// <summary>The shares from which on a pool is nearly full, and from which on it is worth foretelling when it will be.</summary>
    public const double NearlyFull = 0.8, Busy = 0.25;

    public int Taken => Live + TimeWaits;

    /// <summary>Taken of all; what cannot be told counts by number only, below one.</summary>
    public double Share => Size > 0 ? (double)Taken / Size : Taken / 65536.0;

    /// <summary>
    /// Whether it should be looked at now: it is nearly full, or a good part of it is taken and the
    /// rest will be within half a minute. Who opens a few connections at once, and keeps them, does not
    /// go on like this. Where TIME_WAITs are taken over only connections make it full.
    /// </summary>
    public bool IsFilling => Size > 0
        && ((IsTakenOver ? (double)Live / Size : Share) >= NearlyFull || (Share >= Busy && SecondsToEmpty < 30));

    /// <summary>Connections a second that it bears for ever, each leaving a TIME_WAIT of 60 s behind.</summary>
    public double SustainablePerSecond => (double)Size / TimeWaitLength.Seconds;

    /// <summary>Whether the ports that a connect() may take over count as free: lately some were.</summary>
    private bool IsTakenOver => Rates.TakenOver >= 0.01;

    private bool GrowsByConnections => Rates.LiveGrowth >= Math.Max(0.01, Rates.Growth / 10);

    /// <summary>
    /// Whether it fills with TIME_WAITs alone, and stops before it is full: connect() takes them
    /// over, or in 60 s as many come to their end as begin.
    /// </summary>
    private bool LevelsOff => !GrowsByConnections && (IsTakenOver || Live + (Rates.TimeWaits * TimeWaitLength.Seconds) < Size);

    /// <summary>
    /// Ports a second by which it fills. While the TIME_WAITs of a burst come to their end it does not
    /// grow, but it will: by what goes into TIME_WAIT beyond what it bears.
    /// </summary>
    private double FillsPerSecond => Math.Max(Rates.Growth, Rates.TimeWaits - SustainablePerSecond);

    /// <summary>Seconds until none is free, if it goes on like this; infinite where it does not come to that.</summary>
    public double SecondsToEmpty => Size == 0 || FillsPerSecond < 0.01 || LevelsOff
        ? double.PositiveInfinity
        : Math.Max(0, Size - Taken) / FillsPerSecond;
}

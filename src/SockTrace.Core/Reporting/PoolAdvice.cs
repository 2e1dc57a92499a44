using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>When a pool is told of, and what is said in a report as well as of this host now.</summary>
internal static class PoolAdvice
{
    /// <summary>Shares of a pool from which on it is told of.</summary>
    public const double NearlyFull = PoolUse.NearlyFull, Busy = PoolUse.Busy;

    /// <summary>The widest range without the ports that need privilege.</summary>
    public const int WidestLow = 1024, WidestHigh = 65535, WidestPool = WidestHigh - WidestLow + 1;

    public const string KeepConnections = "Keep connections and use them again (a connection pool)";

    public const string MoreAddresses =
        "Use more addresses: a pool is for one source address, one destination address and one destination port, so each further one of either brings a whole pool.";

    /// <summary>What tcp_tw_reuse permits.</summary>
    /// <param name="age">How old the TIME_WAIT must be.</param>
    public static string ReuseCondition(string age) =>
        $"a connect() may then take a port whose TIME_WAIT is older than {age}, if both ends use TCP timestamps";

    public const string NoRecycle = "tcp_tw_recycle is gone since Linux 4.12.";

    /// <summary>Connections a second that so many ports bear for ever, each leaving a TIME_WAIT of 60 s behind.</summary>
    public static double Sustainable(long ports) => (double)ports / TimeWaitLength.Seconds;
}

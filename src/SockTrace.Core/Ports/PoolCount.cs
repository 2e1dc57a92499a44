namespace SockTrace.Ports;

/// <summary>What is taken of one pool.</summary>
internal struct PoolCount
{
    public PoolCount()
    {
    }

    /// <summary>Sockets of connections.</summary>
    public int Live;

    /// <summary>Of those, the ones that the peer has closed and this side has not.</summary>
    public int CloseWait;

    /// <summary>Mini-sockets in TIME_WAIT.</summary>
    public int TimeWait;

    /// <summary>Mini-sockets in FIN_WAIT2: orphans.</summary>
    public int FinWait2;

    /// <summary>TIME_WAITs whose four-tuple a connect() may take over (tcp_tw_reuse), if their peer sent timestamps.</summary>
    public int Reusable;

    /// <summary>Taken ports that a listener or a bound socket keeps from connect() anyway.</summary>
    public int Blocked;

    /// <summary>What is left of the TIME_WAIT that ends first; nanoseconds.</summary>
    public long NextNs = long.MaxValue;

    /// <summary>What is left of the TIME_WAIT that ends last.</summary>
    public long LastNs;

    public readonly int Taken => Live + TimeWait + FinWait2;
}

namespace SockTrace.Reporting;

/// <summary>What a report has distributions of.</summary>
internal enum Metric
{
    /// <summary>SYN_SENT to ESTABLISHED, of clients.</summary>
    Connect,

    /// <summary>Time in ESTABLISHED.</summary>
    Established,

    /// <summary>First transition to CLOSE.</summary>
    Lifetime,

    /// <summary>The first FIN is on its way.</summary>
    FinWait1,

    /// <summary>Ours is acknowledged, the peer's has not come: as a full socket.</summary>
    FinWait2,

    /// <summary>Both sent one before either was acknowledged.</summary>
    Closing,

    /// <summary>The peer's has come, and the process has not closed.</summary>
    CloseWait,

    /// <summary>And now it has.</summary>
    LastAck,

    /// <summary>FIN_WAIT2 of an orphan, as a mini-socket: what tcp_fin_timeout governs.</summary>
    OrphanFinWait2,

    /// <summary>Time in TIME_WAIT.</summary>
    TimeWait,

    /// <summary>From the CLOSE of who had a local port to who has it next.</summary>
    ReuseGap,

    /// <summary>Smoothed round-trip time at CLOSE.</summary>
    Srtt,
}

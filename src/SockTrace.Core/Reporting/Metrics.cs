namespace SockTrace.Reporting;

/// <summary>Names and units of the <see cref="Metric"/>s.</summary>
internal static class Metrics
{
    public static readonly Metric[] All = Enum.GetValues<Metric>();

    /// <summary>In JSON, in the tags of HdrHistogram logs, and in text.</summary>
    public static string Name(Metric metric) => metric switch
    {
        Metric.Connect => "connect",
        Metric.Established => "established",
        Metric.Lifetime => "lifetime",
        Metric.FinWait1 => "fin_wait1",
        Metric.FinWait2 => "fin_wait2",
        Metric.Closing => "closing",
        Metric.CloseWait => "close_wait",
        Metric.LastAck => "last_ack",
        Metric.OrphanFinWait2 => "orphan_fin_wait2",
        Metric.TimeWait => "time_wait",
        Metric.ReuseGap => "reuse_gap",
        _ => "srtt",
    };

    /// <summary>What it is, for people.</summary>
    public static string Meaning(Metric metric) => metric switch
    {
        Metric.Connect => "SYN_SENT to ESTABLISHED",
        Metric.Established => "time in ESTABLISHED",
        Metric.Lifetime => "first transition to CLOSE",
        Metric.FinWait1 => "our FIN is not acknowledged yet",
        Metric.FinWait2 => "our FIN is acknowledged, the peer's has not come",
        Metric.Closing => "both FINs crossed",
        Metric.CloseWait => "the peer has closed, the process has not",
        Metric.LastAck => "the peer has closed, our FIN is not acknowledged yet",
        Metric.OrphanFinWait2 => "FIN_WAIT2 after close(), ended by tcp_fin_timeout",
        Metric.TimeWait => "time in TIME_WAIT",
        Metric.ReuseGap => "from a local port's last CLOSE to its next use",
        _ => "smoothed round-trip time at CLOSE",
    };
}

using SockTrace.Events;
using SockTrace.Reading;

namespace SockTrace.Reporting;

/// <summary>The distributions of a set of connections, one for each <see cref="Metric"/> that was met.</summary>
internal sealed class Distributions
{
    private static readonly (TcpState State, Metric Metric)[] ClosingStates =
    [
        (TcpState.FinWait1, Metric.FinWait1), (TcpState.FinWait2, Metric.FinWait2), (TcpState.Closing, Metric.Closing),
        (TcpState.CloseWait, Metric.CloseWait), (TcpState.LastAck, Metric.LastAck),
    ];

    private readonly PagedHistogram?[] _histograms = new PagedHistogram?[Metrics.All.Length];

    /// <summary>Of the TIME_WAITs: how many of them were worked out, and not measured.</summary>
    public long InferredTimeWaits { get; private set; }

    /// <summary>Null where nothing was recorded.</summary>
    public PagedHistogram? this[Metric metric] => _histograms[(int)metric];

    /// <param name="record">A conn record.</param>
    public void RecordConnection(TraceRecord record)
    {
        RecordIfKnown(Metric.Connect, record.ConnectNs);
        RecordIfKnown(Metric.Established, record.EstablishedNs);
        RecordIfKnown(Metric.Lifetime, record.LifetimeNs);
        RecordIfKnown(Metric.ReuseGap, record.ReuseGapNs);
        RecordIfKnown(Metric.Srtt, record.SrttUs < 0 ? -1 : record.SrttUs * 1000);
        foreach ((TcpState state, Metric metric) in ClosingStates)
        {
            if (record.States.Contains(state))
                RecordIfKnown(metric, record.States.Ns(state));
        }
    }

    /// <param name="record">A time_wait record.</param>
    public void RecordTimeWait(TraceRecord record)
    {
        RecordIfKnown(Metric.OrphanFinWait2, record.FinWait2Ns);
        RecordIfKnown(Metric.TimeWait, record.DurationNs);
        if (record.IsInferred && record.DurationNs >= 0)
            InferredTimeWaits++;
    }

    public void Merge(Distributions other)
    {
        for (int i = 0; i < _histograms.Length; i++)
        {
            if (other._histograms[i] is { } histogram)
                (_histograms[i] ??= new PagedHistogram()).Merge(histogram);
        }
        InferredTimeWaits += other.InferredTimeWaits;
    }

    private void RecordIfKnown(Metric metric, long ns)
    {
        if (ns >= 0)
            (_histograms[(int)metric] ??= new PagedHistogram()).Record(ns);
    }
}

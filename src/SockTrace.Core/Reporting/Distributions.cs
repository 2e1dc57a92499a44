using SockTrace.Events;
using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>The distributions of a set of connections, one for each <see cref="Metric"/> that was met.</summary>
/// <remarks>
/// Values are noted down first, side by side, and counted a thousand at a time: a histogram's
/// counters lie far apart, and with hundreds of groups none of them is in a cache when its
/// turn comes. With 600 groups that took a third off the whole report.
/// </remarks>
internal sealed class Distributions
{
#if DEBUG
    /// <summary>Small, so that ordinary tests cross it.</summary>
    private const int MaxNoted = 16;
#else
    private const int MaxNoted = 1024;
#endif

    /// <summary>A value takes no more: see <see cref="PagedHistogram.MaxValue"/>.</summary>
    private const int ValueBits = 56;

    private static readonly (TcpState State, Metric Metric)[] ClosingStates =
    [
        (TcpState.FinWait1, Metric.FinWait1), (TcpState.FinWait2, Metric.FinWait2), (TcpState.Closing, Metric.Closing),
        (TcpState.CloseWait, Metric.CloseWait), (TcpState.LastAck, Metric.LastAck),
    ];

    private readonly PagedHistogram?[] _histograms = new PagedHistogram?[Metrics.All.Length];

    /// <summary>The metric above <see cref="ValueBits"/>, the value below.</summary>
    private readonly ulong[] _noted = new ulong[MaxNoted];

    private int _notedCount;

    /// <summary>Of the TIME_WAITs: how many of them were worked out, and not measured.</summary>
    public long InferredTimeWaits { get; private set; }

    /// <summary>Null where nothing was recorded.</summary>
    public PagedHistogram? this[Metric metric]
    {
        get
        {
            CountNoted();
            return _histograms[(int)metric];
        }
    }

    /// <param name="record">A conn record.</param>
    public void RecordConnection(TraceRecord record)
    {
        NoteIfKnown(Metric.Connect, record.ConnectNs);
        NoteIfKnown(Metric.Established, record.EstablishedNs);
        NoteIfKnown(Metric.Lifetime, record.LifetimeNs);
        NoteIfKnown(Metric.ReuseGap, record.ReuseGapNs);
        NoteIfKnown(Metric.Srtt, record.SrttUs < 0 ? -1 : record.SrttUs * 1000);
        NoteClosingStates(record.States);
    }

    /// <param name="closed">Not a listener.</param>
    public void RecordConnection(in ClosedConnection closed)
    {
        ConnectionView connection = closed.Connection;
        ref readonly StateTimes times = ref connection.StateTimes;
        NoteIfKnown(Metric.Connect, connection.ConnectNs == 0 ? -1 : connection.ConnectNs);
        NoteIfKnown(Metric.Established, times.Contains(TcpState.Established) ? times.Ns(TcpState.Established) : -1);
        NoteIfKnown(Metric.Lifetime, closed.LifetimeNs);
        NoteIfKnown(Metric.ReuseGap, connection.Reuse == PortReuse.None ? -1 : connection.ReuseGapNs);
        NoteIfKnown(Metric.Srtt, closed.Totals is { SrttUs: > 0 } totals ? totals.SrttUs * 1000L : -1);
        NoteClosingStates(times);
    }

    /// <param name="record">A time_wait record.</param>
    public void RecordTimeWait(TraceRecord record) =>
        RecordTimeWait(record.FinWait2Ns, record.DurationNs, record.Ended, record.IsInferred);

    public void RecordTimeWait(in EndedMiniSocket ended) =>
        RecordTimeWait(ended.FinWait2Ns, ended.DurationNs, ended.Ending, ended.IsInferred);

    private void RecordTimeWait(long finWait2Ns, long durationNs, MiniSocketEnding? ending, bool isInferred)
    {
        NoteIfKnown(Metric.OrphanFinWait2, finWait2Ns);
        if (ending == MiniSocketEnding.Lost)
            return; // how long it was there is not known, only when it was missed
        NoteIfKnown(Metric.TimeWait, durationNs);
        if (isInferred && durationNs >= 0)
            InferredTimeWaits++;
    }

    public void Merge(Distributions other)
    {
        foreach (Metric metric in Metrics.All)
        {
            if (other[metric] is { } histogram)
                Of(metric).Merge(histogram);
        }
        InferredTimeWaits += other.InferredTimeWaits;
    }

    private void NoteClosingStates(in StateTimes times)
    {
        foreach ((TcpState state, Metric metric) in ClosingStates)
        {
            if (times.Contains(state))
                NoteIfKnown(metric, times.Ns(state));
        }
    }

    private void NoteIfKnown(Metric metric, long ns)
    {
        if (ns < 0)
            return;
        if (_notedCount == MaxNoted)
            CountNoted();
        _noted[_notedCount++] = (ulong)metric << ValueBits | (ulong)Math.Min(ns, PagedHistogram.MaxValue);
    }

    private void CountNoted()
    {
        foreach (ulong noted in _noted.AsSpan(0, _notedCount))
            Of((Metric)(noted >> ValueBits)).Record((long)(noted & ((1UL << ValueBits) - 1)));
        _notedCount = 0;
    }

    private PagedHistogram Of(Metric metric) => _histograms[(int)metric] ??= new PagedHistogram();
}

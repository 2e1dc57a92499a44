using SockTrace.Tracking;

namespace SockTrace.Replay;

/// <summary>Keeps from a sink what was before a moment: the tables must see it, people need not.</summary>
/// <param name="sink">Owned from here on.</param>
/// <param name="fromNs">As the events' times.</param>
internal sealed class FromSink(ITraceSink sink, long fromNs) : ITraceSink
{
    public SinkLosses Losses => sink.Losses;

    public void Watch(TraceTables tables) => sink.Watch(tables);

    public void OnTransition(in Transition transition)
    {
        if (transition.TimeNs >= fromNs)
            sink.OnTransition(transition);
    }

    public void OnClosed(in ClosedConnection closed)
    {
        if (closed.ClosedNs >= fromNs)
            sink.OnClosed(closed);
    }

    public void OnTimeWaitEnded(in EndedMiniSocket ended)
    {
        if (ended.EndedNs >= fromNs)
            sink.OnTimeWaitEnded(ended);
    }

    public void OnPortExhausted(in PortExhausted exhausted)
    {
        if (exhausted.TimeNs >= fromNs)
            sink.OnPortExhausted(exhausted);
    }

    public void OnStatistics(in Statistics statistics)
    {
        if (statistics.TimeNs >= fromNs)
            sink.OnStatistics(statistics);
    }

    public void OnLost(in Loss loss)
    {
        if (loss.TimeNs >= fromNs)
            sink.OnLost(loss);
    }

    public void Flush(in TraceTotals soFar) => sink.Flush(soFar);

    public void OnEnd(in TraceTotals totals) => sink.OnEnd(totals);

    public void Dispose() => sink.Dispose();
}

namespace SockTrace.Tracking;

/// <summary>Where what was tracked goes: lines for people, NDJSON for programs.</summary>
internal interface ITraceSink : IDisposable
{
    /// <summary>Before all else: what it may look at while it is called.</summary>
    void Watch(TraceTables tables)
    {
    }

    void OnTransition(in Transition transition);

    void OnClosed(in ClosedConnection closed);

    void OnTimeWaitEnded(in EndedMiniSocket ended);

    /// <summary>A connect() found no local port. Its <see cref="OnClosed"/> follows.</summary>
    void OnPortExhausted(in PortExhausted exhausted);

    /// <summary>From time to time.</summary>
    void OnStatistics(in Statistics statistics);

    /// <summary>Events were lost since the last record.</summary>
    void OnLost(in Loss loss);

    /// <summary>Nothing more is at hand: what is buffered goes out.</summary>
    /// <param name="soFar">For a file that ends here, though the run does not.</param>
    void Flush(in TraceTotals soFar);

    /// <summary>The last call before <see cref="IDisposable.Dispose"/>, which waits until all is written.</summary>
    void OnEnd(in TraceTotals totals);

    /// <summary>What the output did not take; final once this is disposed.</summary>
    SinkLosses Losses { get; }
}

namespace SockTrace.Tracking;

/// <summary>A connection that reached CLOSE, with the totals that the socket had then.</summary>
internal readonly ref struct ClosedConnection(
    ConnectionView connection, long closedNs, CloseReason reason, ClosedBy closedBy, CloseTotals? totals)
{
    public ConnectionView Connection { get; } = connection;

    /// <summary>CLOCK_MONOTONIC.</summary>
    public long ClosedNs { get; } = closedNs;

    /// <summary>First transition to CLOSE, nanoseconds; -1 where the first was not seen.</summary>
    public long LifetimeNs => Connection.OpenedNs == 0 ? -1 : Math.Max(0, ClosedNs - Connection.OpenedNs);

    public CloseReason Reason { get; } = reason;

    public ClosedBy ClosedBy { get; } = closedBy;

    /// <summary>Null where the source cannot read them.</summary>
    public CloseTotals? Totals { get; } = totals;
}

/// <summary>What the kernel counted over a socket's life, read at CLOSE.</summary>
/// <param name="BytesSent">Payload, without retransmissions.</param>
/// <param name="BytesReceived">Payload, in order.</param>
/// <param name="Retransmits">Segments.</param>
/// <param name="SrttUs">Smoothed round-trip time, microseconds; 0 where none was measured.</param>
internal readonly record struct CloseTotals(
    ulong BytesSent, ulong BytesReceived, uint Retransmits, uint SrttUs);

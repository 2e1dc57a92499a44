using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>A transition of a connection, which already stands in <paramref name="new"/>.</summary>
internal readonly ref struct Transition(
    ConnectionView connection, long timeNs, TcpState old, TcpState @new, long inOldNs)
{
    public ConnectionView Connection { get; } = connection;

    /// <summary>CLOCK_MONOTONIC.</summary>
    public long TimeNs { get; } = timeNs;

    /// <summary>Unknown where the source cannot tell.</summary>
    public TcpState Old { get; } = old;

    public TcpState New { get; } = @new;

    /// <summary>Nanoseconds spent in <see cref="Old"/>; -1 where its begin was not seen.</summary>
    public long InOldNs { get; } = inOldNs;
}

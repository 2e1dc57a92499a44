namespace SockTrace.Tracking;

/// <summary>A connect() that found no local port. Valid until the tracker moves on.</summary>
/// <param name="connection">The socket, which has no port.</param>
/// <param name="timeNs">CLOCK_MONOTONIC.</param>
/// <param name="pool">Ports of the pool, those of the socket's own range; 0 where that is not known.</param>
/// <param name="taken">Of them by what we know.</param>
internal readonly ref struct PortExhausted(ConnectionView connection, long timeNs, int pool, int taken)
{
    public ConnectionView Connection { get; } = connection;
    public long TimeNs { get; } = timeNs;
    public int Pool { get; } = pool;
    public int Taken { get; } = taken;
}

namespace SockTrace.Tracking;

/// <summary>
/// The tracker's tables, to look at: on its own thread, between two batches, and never to write.
/// </summary>
/// <param name="Connections">The sockets that live.</param>
/// <param name="MiniSockets">Those in TIME_WAIT, and orphans in FIN_WAIT2.</param>
/// <param name="Pools">The ports that both have.</param>
internal sealed record TraceTables(ConnectionTable Connections, MiniSocketTable MiniSockets, PoolTable Pools);

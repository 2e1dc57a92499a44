namespace SockTrace.Tracking;

/// <summary>
/// Mini-sockets that went before their time, and nobody saw why. Who takes the four-tuple shows
/// it, but is known to have it a handshake later: so they wait here a while. Their ports are free.
/// </summary>
internal sealed class GoneMiniSockets
{
    /// <summary>A SYN has been sent three times by then.</summary>
    public const long WaitNs = 5_000_000_000;

    private const int MaxRows = 4096;

    private readonly TupleIndex _tuples = new(MaxRows);
    private ulong _lastKey;

    /// <summary>Who they are.</summary>
    public MiniSocketTable MiniSockets { get; } = new(MaxRows);

    /// <summary>CLOCK_MONOTONIC at which one went.</summary>
    public long GoneNs(int row) => MiniSockets.LastSeenNs[row];

    /// <summary>Takes one over. None of its four-tuple may be here, and not all places be taken.</summary>
    public void Add(MiniSocketTable from, int fromRow, long goneNs)
    {
        int row = MiniSockets.Add(++_lastKey);
        MiniSockets.Copy(row, from, fromRow);
        MiniSockets.LastSeenNs[row] = goneNs;
        _tuples.Set(MiniSockets.TupleOf(row), _lastKey);
    }

    /// <returns>The row, or <see cref="RowIndex.None"/>.</returns>
    public int Find(TupleKey tuple) => _tuples.Find(tuple) is ulong key ? MiniSockets.Find(key) : RowIndex.None;

    public void Remove(int row)
    {
        _tuples.Remove(MiniSockets.TupleOf(row));
        MiniSockets.Remove(row);
    }
}

namespace SockTrace.Tracking;

/// <summary>
/// Mini-sockets that went before their time, and nobody saw why: who called
/// inet_twsk_deschedule_put() is not known where symbols are kept from who has no CAP_SYSLOG, or
/// have not been read yet. Who takes the four-tuple shows it, but is known to have it a handshake
/// later: so they wait here a while. Their ports are free meanwhile.
/// </summary>
internal sealed class GoneMiniSockets(TimeWaitEnds ends)
{
    /// <summary>A SYN has been sent three times by then.</summary>
    private const long WaitNs = 5_000_000_000;

    private const int MaxRows = 4096;

    private readonly MiniSocketTable _minis = new(MaxRows);
    private readonly TupleIndex _tuples = new(MaxRows);
    private ulong _lastKey;

    /// <summary>One is going. It still has its row elsewhere.</summary>
    public void Add(MiniSocketTable from, int fromRow, long timeNs)
    {
        TupleKey tuple = from.TupleOf(fromRow);
        int before = Find(tuple);
        if (before != RowIndex.None)
            End(before, MiniSocketEnding.Lost);
        if (_minis.IsFull)
            End(_minis.Oldest, MiniSocketEnding.Lost);

        int row = _minis.Add(++_lastKey);
        _minis.Copy(row, from, fromRow);
        _minis.LastSeenNs[row] = timeNs;
        _tuples.Set(tuple, _lastKey);
    }

    /// <summary>
    /// A connection has this four-tuple. connect() sets SYN_SENT before it looks for a port, so who
    /// took over what had it had begun when that went; a SYN from the peer makes a socket only when
    /// the handshake is complete.
    /// </summary>
    /// <param name="tuple">Whose.</param>
    /// <param name="role">Of the connection.</param>
    /// <param name="beganNs">CLOCK_MONOTONIC of its begin.</param>
    public void OnTupleTaken(TupleKey tuple, Role role, long beganNs)
    {
        int row = _minis.Count == 0 ? RowIndex.None : Find(tuple);
        if (row == RowIndex.None)
            return;
        MiniSocketEnding ending = role == Role.Client ? MiniSocketEnding.Reused : MiniSocketEnding.Reopened;
        if (ending == MiniSocketEnding.Reused && beganNs > _minis.LastSeenNs[row])
            ending = MiniSocketEnding.Lost;
        _minis.IsInferred[row] |= ending != MiniSocketEnding.Lost;
        End(row, ending);
    }

    /// <summary>Ends those for whom nobody came.</summary>
    /// <param name="nowNs">CLOCK_MONOTONIC; the largest where nobody will come any more.</param>
    public void Sweep(long nowNs)
    {
        while (_minis.Oldest is int oldest and not RowIndex.None && nowNs - _minis.LastSeenNs[oldest] >= WaitNs)
            End(oldest, MiniSocketEnding.Lost);
    }

    private int Find(TupleKey tuple) => _tuples.Find(tuple) is ulong key ? _minis.Find(key) : RowIndex.None;

    private void End(int row, MiniSocketEnding ending)
    {
        ends.Tell(_minis, row, _minis.LastSeenNs[row], ending);
        _tuples.Remove(_minis.TupleOf(row));
        _minis.Remove(row);
    }
}

namespace SockTrace.Tracking;

/// <summary>
/// The kernel's mini-sockets (inet_timewait_sock) as struct of arrays, found by their
/// identity in their source. Bounded as the <see cref="ConnectionTable"/> is.
/// </summary>
internal sealed class MiniSocketTable
{
    private readonly RowIndex _index;

    public ulong[] Ids = [];
    public bool[] IdsAreCookies = [];
    public long[] TimeWaitSinceNs = [];

    /// <param name="maxMiniSockets">The bound, at least 1.</param>
    public MiniSocketTable(int maxMiniSockets)
    {
        _index = new RowIndex(maxMiniSockets);
        Resize();
    }

    public int Count => _index.Count;

    /// <summary>Mini-sockets that gave way to newer ones.</summary>
    public long Evicted => _index.Evicted;

    /// <returns>The row, or <see cref="RowIndex.None"/>.</returns>
    public int Find(ulong sock) => _index.Find(sock);

    public void Remove(int row) => _index.Remove(row);

    /// <summary>Adds a row. The mini-socket must not be in the table.</summary>
    public int Add(ulong sock)
    {
        int row = _index.Add(sock);
        if (_index.Capacity > Ids.Length)
            Resize();
        Ids[row] = 0;
        IdsAreCookies[row] = false;
        TimeWaitSinceNs[row] = 0;
        return row;
    }

    private void Resize()
    {
        int capacity = _index.Capacity;
        Array.Resize(ref Ids, capacity);
        Array.Resize(ref IdsAreCookies, capacity);
        Array.Resize(ref TimeWaitSinceNs, capacity);
    }
}

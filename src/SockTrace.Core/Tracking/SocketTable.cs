using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>
/// Sockets as struct of arrays, one row each, found by their identity in their source: what
/// connections and mini-sockets have in common. Bounded, though not by itself: what a row holds
/// elsewhere must be given back before it is evicted.
/// </summary>
internal abstract class SocketTable
{
    /// <summary>Rows, from where on it is worth while to give back the memory of columns that were too short.</summary>
    private const int LargeCapacity = 8192;

    private readonly RowIndex<ulong> _index;
    private readonly int _maxRows;

    public ulong[] Ids = [];
    public bool[] IdsAreCookies = [];
    public IpAddress[] Laddrs = [];
    public IpAddress[] Raddrs = [];
    public ushort[] Lports = [];
    public ushort[] Rports = [];
    public IpFamily[] Families = [];
    public uint[] Netnses = [];
    public ulong[] Cgroups = [];
    public uint[] Pids = [];
    public Comm[] Comms = [];
    public OwnerFrom[] OwnersFrom = [];
    public TcpState[] States = [];
    public long[] LastSeenNs = [];
    public bool[] IsInPool = [];

    /// <param name="maxRows">The bound, at least 1.</param>
    protected SocketTable(int maxRows)
    {
        _maxRows = maxRows;
        _index = new RowIndex<ulong>(maxRows + 1);
    }

    public int Count => _index.Count;

    /// <summary>
    /// Whether the oldest row should be evicted before one more is added. There is room for just
    /// one more that is removed at once.
    /// </summary>
    public bool IsFull => Count >= _maxRows;

    /// <summary>Rows that gave way to newer ones.</summary>
    public long Evicted { get; private set; }

    /// <summary>The row untouched longest, or <see cref="RowIndex.None"/>.</summary>
    public int Oldest => _index.Oldest;

    /// <returns>The row touched next after this one, or <see cref="RowIndex.None"/>.</returns>
    public int Newer(int row) => _index.Newer(row);

    /// <returns>The row, or <see cref="RowIndex.None"/>.</returns>
    public int Find(ulong sock) => _index.Find(sock);

    public void Touch(int row) => _index.Touch(row);

    /// <summary>The row gives way to a newer one.</summary>
    public void Evict(int row)
    {
        Evicted++;
        Remove(row);
    }

    public void Remove(int row)
    {
        States[row] = TcpState.Unknown;
        Netnses[row] = 0;
        _index.Remove(row);
    }

    /// <summary>Every row is below this; those that are not in use stand in no state.</summary>
    public int Rows => States.Length;

    /// <summary>
    /// The first row of a network namespace from <paramref name="from"/> on. By this to go through
    /// the rows of one of many namespaces costs a look at a column, and not at each row.
    /// </summary>
    /// <returns>The row, or <see cref="RowIndex.None"/>.</returns>
    public int NextIn(uint netns, int from)
    {
        while (Netnses.AsSpan(from).IndexOf(netns) is int distance and >= 0)
        {
            from += distance;
            if (States[from] != TcpState.Unknown)
                return from;
            from++;
        }
        return RowIndex.None;
    }

    /// <summary>Adds a row in which everything is unknown. The socket must not be in the table.</summary>
    public int Add(ulong sock)
    {
        int row = _index.Add(sock);
        if (_index.Capacity > Ids.Length)
            Grow();
        Clear(row);
        return row;
    }

    /// <summary>The socket has this tuple, namespace and owner in the other table, too.</summary>
    public void CopyIdentity(int row, SocketTable other, int otherRow)
    {
        Ids[row] = other.Ids[otherRow];
        IdsAreCookies[row] = other.IdsAreCookies[otherRow];
        Laddrs[row] = other.Laddrs[otherRow];
        Raddrs[row] = other.Raddrs[otherRow];
        Lports[row] = other.Lports[otherRow];
        Rports[row] = other.Rports[otherRow];
        Families[row] = other.Families[otherRow];
        Netnses[row] = other.Netnses[otherRow];
        Cgroups[row] = other.Cgroups[otherRow];
        Pids[row] = other.Pids[otherRow];
        Comms[row] = other.Comms[otherRow];
        OwnersFrom[row] = other.OwnersFrom[otherRow];
    }

    public PortKey PortOf(int row) => new(Laddrs[row], Netnses[row], Lports[row]);

    public PoolKey PoolOf(int row) => new(Laddrs[row], Raddrs[row], Netnses[row], Rports[row]);

    public TupleKey TupleOf(int row) => new(Laddrs[row], Raddrs[row], Netnses[row], Lports[row], Rports[row]);

    protected virtual void Clear(int row)
    {
        Ids[row] = 0;
        IdsAreCookies[row] = false;
        Laddrs[row] = default;
        Raddrs[row] = default;
        Lports[row] = 0;
        Rports[row] = 0;
        Families[row] = IpFamily.Unknown;
        Netnses[row] = 0;
        Cgroups[row] = 0;
        Pids[row] = 0;
        Comms[row] = default;
        OwnersFrom[row] = OwnerFrom.Unknown;
        States[row] = TcpState.Unknown;
        LastSeenNs[row] = 0;
        IsInPool[row] = false;
    }

    private void Grow()
    {
        Resize(_index.Capacity);
        // The old columns lie in the heap of large objects until a full collection, which nothing else asks for.
        // It takes half a millisecond; to compact the heap as well takes as long as to copy the columns.
        if (_index.Capacity >= LargeCapacity)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
    }

    protected virtual void Resize(int capacity)
    {
        Array.Resize(ref Ids, capacity);
        Array.Resize(ref IdsAreCookies, capacity);
        Array.Resize(ref Laddrs, capacity);
        Array.Resize(ref Raddrs, capacity);
        Array.Resize(ref Lports, capacity);
        Array.Resize(ref Rports, capacity);
        Array.Resize(ref Families, capacity);
        Array.Resize(ref Netnses, capacity);
        Array.Resize(ref Cgroups, capacity);
        Array.Resize(ref Pids, capacity);
        Array.Resize(ref Comms, capacity);
        Array.Resize(ref OwnersFrom, capacity);
        Array.Resize(ref States, capacity);
        Array.Resize(ref LastSeenNs, capacity);
        Array.Resize(ref IsInPool, capacity);
    }
}

using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>
/// The kernel's mini-sockets (inet_timewait_sock) as struct of arrays, found by their
/// identity in their source. Bounded as the <see cref="ConnectionTable"/> is.
/// </summary>
internal sealed class MiniSocketTable
{
    private readonly RowIndex<ulong> _index;

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
    public long[] ArmedNs = [];
    public long[] FinWait2SinceNs = [];
    public long[] TimeWaitSinceNs = [];
    public long[] LastSeenNs = [];
    public long[] ClosedNs = [];
    public bool[] IsInPool = [];
    public bool[] IsInferred = [];

    /// <param name="maxMiniSockets">The bound, at least 1.</param>
    public MiniSocketTable(int maxMiniSockets)
    {
        _index = new RowIndex<ulong>(maxMiniSockets);
        Resize();
    }

    public int Count => _index.Count;

    /// <summary>Rows that gave way to newer ones.</summary>
    public long Evicted => _index.Evicted;

    /// <summary>The row untouched longest, or <see cref="RowIndex.None"/>.</summary>
    public int Oldest => _index.Oldest;

    /// <returns>The row touched next after this one, or <see cref="RowIndex.None"/>.</returns>
    public int Newer(int row) => _index.Newer(row);

    /// <returns>The row, or <see cref="RowIndex.None"/>.</returns>
    public int Find(ulong sock) => _index.Find(sock);

    public void Touch(int row) => _index.Touch(row);

    public void Remove(int row) => _index.Remove(row);

    /// <summary>Adds a row in which everything is unknown. The socket must not be in the table.</summary>
    public int Add(ulong sock)
    {
        int row = _index.Add(sock);
        if (_index.Capacity > Ids.Length)
            Resize();
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
        ArmedNs[row] = 0;
        FinWait2SinceNs[row] = 0;
        TimeWaitSinceNs[row] = 0;
        LastSeenNs[row] = 0;
        ClosedNs[row] = 0;
        IsInPool[row] = false;
        IsInferred[row] = false;
        return row;
    }

    private void Resize()
    {
        int capacity = _index.Capacity;
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
        Array.Resize(ref ArmedNs, capacity);
        Array.Resize(ref FinWait2SinceNs, capacity);
        Array.Resize(ref TimeWaitSinceNs, capacity);
        Array.Resize(ref LastSeenNs, capacity);
        Array.Resize(ref ClosedNs, capacity);
        Array.Resize(ref IsInPool, capacity);
        Array.Resize(ref IsInferred, capacity);
    }
}

using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>
/// The live connections as struct of arrays, one row each, found by the socket's identity
/// in its source. Bounded: see <see cref="RowIndex{TKey}"/>.
/// </summary>
internal sealed class ConnectionTable
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
    public uint[] Uids = [];
    public Role[] Roles = [];
    public TcpState[] States = [];
    public TcpState[] PreviousStates = [];
    public long[] OpenedNs = [];
    public long[] StateSinceNs = [];
    public long[] ConnectNs = [];
    public long[] LastSeenNs = [];
    public bool[] AreMissing = [];
    public uint[] Pids = [];
    public Comm[] Comms = [];
    public OwnerFrom[] OwnersFrom = [];
    public PortReuse[] Reuses = [];
    public long[] ReuseGapsNs = [];
    public bool[] HoldsPort = [];
    public bool[] IsInPool = [];
    public MiniFate[] Minis = [];
    public StateTimes[] StateTimes = [];

    /// <param name="maxConnections">The bound, at least 1: --max-connections.</param>
    public ConnectionTable(int maxConnections)
    {
        _index = new RowIndex<ulong>(maxConnections);
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
        Uids[row] = 0;
        Roles[row] = Role.Unknown;
        States[row] = TcpState.Unknown;
        PreviousStates[row] = TcpState.Unknown;
        OpenedNs[row] = 0;
        StateSinceNs[row] = 0;
        ConnectNs[row] = 0;
        LastSeenNs[row] = 0;
        AreMissing[row] = false;
        Pids[row] = 0;
        Comms[row] = default;
        OwnersFrom[row] = OwnerFrom.Unknown;
        Reuses[row] = PortReuse.None;
        ReuseGapsNs[row] = -1;
        HoldsPort[row] = false;
        IsInPool[row] = false;
        Minis[row] = MiniFate.None;
        StateTimes[row] = default;
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
        Array.Resize(ref Uids, capacity);
        Array.Resize(ref Roles, capacity);
        Array.Resize(ref States, capacity);
        Array.Resize(ref PreviousStates, capacity);
        Array.Resize(ref OpenedNs, capacity);
        Array.Resize(ref StateSinceNs, capacity);
        Array.Resize(ref ConnectNs, capacity);
        Array.Resize(ref LastSeenNs, capacity);
        Array.Resize(ref AreMissing, capacity);
        Array.Resize(ref Pids, capacity);
        Array.Resize(ref Comms, capacity);
        Array.Resize(ref OwnersFrom, capacity);
        Array.Resize(ref Reuses, capacity);
        Array.Resize(ref ReuseGapsNs, capacity);
        Array.Resize(ref HoldsPort, capacity);
        Array.Resize(ref IsInPool, capacity);
        Array.Resize(ref Minis, capacity);
        Array.Resize(ref StateTimes, capacity);
    }
}

using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>The live connections.</summary>
/// <param name="maxConnections">The bound, at least 1: --max-connections.</param>
internal sealed class ConnectionTable(int maxConnections) : SocketTable(maxConnections)
{
    public uint[] Uids = [];
    public Role[] Roles = [];
    public TcpState[] PreviousStates = [];
    public long[] OpenedNs = [];
    public long[] StateSinceNs = [];
    public long[] ConnectNs = [];
    public bool[] AreMissing = [];
    public PortReuse[] Reuses = [];
    public long[] ReuseGapsNs = [];
    public bool[] HoldsPort = [];
    public bool[] IsListening = [];
    public MiniFate[] Minis = [];
    public StateTimes[] StateTimes = [];

    protected override void Clear(int row)
    {
        base.Clear(row);
        Uids[row] = 0;
        Roles[row] = Role.Unknown;
        PreviousStates[row] = TcpState.Unknown;
        OpenedNs[row] = 0;
        StateSinceNs[row] = 0;
        ConnectNs[row] = 0;
        AreMissing[row] = false;
        Reuses[row] = PortReuse.None;
        ReuseGapsNs[row] = -1;
        HoldsPort[row] = false;
        IsListening[row] = false;
        Minis[row] = MiniFate.None;
        StateTimes[row] = default;
    }

    protected override void Resize(int capacity)
    {
        base.Resize(capacity);
        Array.Resize(ref Uids, capacity);
        Array.Resize(ref Roles, capacity);
        Array.Resize(ref PreviousStates, capacity);
        Array.Resize(ref OpenedNs, capacity);
        Array.Resize(ref StateSinceNs, capacity);
        Array.Resize(ref ConnectNs, capacity);
        Array.Resize(ref AreMissing, capacity);
        Array.Resize(ref Reuses, capacity);
        Array.Resize(ref ReuseGapsNs, capacity);
        Array.Resize(ref HoldsPort, capacity);
        Array.Resize(ref IsListening, capacity);
        Array.Resize(ref Minis, capacity);
        Array.Resize(ref StateTimes, capacity);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>
/// Whose the ports of the fullest pools are, by the owners of the connections and mini-sockets that
/// have them. Looked up once a second: it takes a walk over all sockets.
/// </summary>
internal sealed class PoolTakers
{
    private const int MaxPools = 64;
    private const long IntervalNs = 1_000_000_000;

    private readonly PoolUse[] _fullest = new PoolUse[MaxPools];
    private readonly Dictionary<PoolKey, Taker> _most = [];
    private readonly Dictionary<(PoolKey Pool, uint Pid), int> _ports = [];
    private long _lookedNs = long.MinValue, _askedNs;

    /// <summary>Looks again, if that is due, or if time stands still: a trace that is over is shown as it ended.</summary>
    public void Look(TraceTables tables, long nowNs)
    {
        bool standsStill = nowNs == _askedNs && nowNs != _lookedNs;
        _askedNs = nowNs;
        if (_lookedNs != long.MinValue && nowNs - _lookedNs is >= 0 and < IntervalNs && !standsStill)
            return;
        _lookedNs = nowNs;
        _most.Clear();
        _ports.Clear();
        foreach (ref readonly PoolUse pool in _fullest.AsSpan(0, tables.Pools.Fullest(_fullest)))
            _most[pool.Key] = default;
        Count(tables.Connections);
        Count(tables.MiniSockets);
    }

    /// <summary>Who has most of a pool's ports; where nobody is known to have any, who took the last one.</summary>
    public Taker? MostOf(in PoolUse pool) =>
        _most.TryGetValue(pool.Key, out Taker most) && most.Ports > 0 ? most
        : pool.Pid != 0 ? new Taker(pool.Pid, pool.Comm, 0)
        : null;

    private void Count(SocketTable sockets)
    {
        for (int row = 0; row < sockets.Rows; row++)
        {
            if (sockets.States[row] == TcpState.Unknown || !sockets.IsInPool[row] || sockets.OwnersFrom[row] == OwnerFrom.Unknown)
                continue;
            ref Taker most = ref CollectionsMarshal.GetValueRefOrNullRef(_most, sockets.PoolOf(row));
            if (Unsafe.IsNullRef(ref most))
                continue;
            uint pid = sockets.Pids[row];
            int ports = ++CollectionsMarshal.GetValueRefOrAddDefault(_ports, (sockets.PoolOf(row), pid), out _);
            if (ports > most.Ports)
                most = new Taker(pid, sockets.Comms[row], ports);
        }
    }
}

/// <param name="Pid">A process.</param>
/// <param name="Comm">Its name.</param>
/// <param name="Ports">How many of the pool's ports it has, or left in TIME_WAIT; 0 where nobody is known to have any.</param>
internal readonly record struct Taker(uint Pid, Comm Comm, int Ports)
{
    public string Text => $"{SocketIdentity.NameOf(Comm)} ({Pid})";
}

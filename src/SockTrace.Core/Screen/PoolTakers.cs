using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>
/// Who takes the ports of the fullest pools, by the owners of the connections and mini-sockets that
/// have them. What was taken lately counts for more: who keeps many connections open empties no
/// pool, and is not to be blamed for who does. Looked up once a second: it takes a walk over all
/// sockets.
/// </summary>
internal sealed class PoolTakers
{
    private const int MaxPools = 64;
    private const long IntervalNs = 1_000_000_000;
    private const long LatelyNs = 5_000_000_000;
    private const int LatelyWeight = 10;

    private readonly PoolUse[] _fullest = new PoolUse[MaxPools];
    private readonly Dictionary<PoolKey, Taker> _most = [];
    private readonly Dictionary<(PoolKey Pool, uint Pid), Taker> _takers = [];
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
        _takers.Clear();
        foreach (ref readonly PoolUse pool in _fullest.AsSpan(0, tables.Pools.Fullest(_fullest)))
            _most[pool.Key] = default;
        Count(tables.Connections, tables.Connections.OpenedNs, nowNs - LatelyNs);
        Count(tables.MiniSockets, tables.MiniSockets.ArmedNs, nowNs - LatelyNs);
    }

    /// <summary>Who takes most of a pool's ports; where nobody is known to have any, who took the last one.</summary>
    public Taker? MostOf(in PoolUse pool) =>
        _most.TryGetValue(pool.Key, out Taker most) && most.Ports > 0 ? most
        : pool.Pid != 0 ? new Taker(pool.Pid, pool.Comm, 0, 0)
        : null;

    /// <param name="sockets">That have ports.</param>
    /// <param name="takenNs">Since about when, by the rows; 0 where that was not seen.</param>
    /// <param name="latelyNs">What counts for more is later than this.</param>
    private void Count(SocketTable sockets, ReadOnlySpan<long> takenNs, long latelyNs)
    {
        for (int row = 0; row < sockets.Rows; row++)
        {
            if (sockets.States[row] == TcpState.Unknown || !sockets.IsInPool[row] || sockets.OwnersFrom[row] == OwnerFrom.Unknown)
                continue;
            ref Taker most = ref CollectionsMarshal.GetValueRefOrNullRef(_most, sockets.PoolOf(row));
            if (Unsafe.IsNullRef(ref most))
                continue;
            uint pid = sockets.Pids[row];
            ref Taker taker = ref CollectionsMarshal.GetValueRefOrAddDefault(_takers, (sockets.PoolOf(row), pid), out _);
            bool isLate = takenNs[row] != 0 && takenNs[row] > latelyNs;
            taker = new Taker(pid, sockets.Comms[row], taker.Ports + 1, taker.Weight + (isLate ? LatelyWeight : 1));
            if (taker.Weight > most.Weight)
                most = taker;
        }
    }
}

/// <param name="Pid">A process.</param>
/// <param name="Comm">Its name.</param>
/// <param name="Ports">How many of the pool's ports it has, or left in TIME_WAIT; 0 where nobody is known to have any.</param>
/// <param name="Weight">What they count for, beside those of others.</param>
internal readonly record struct Taker(uint Pid, Comm Comm, int Ports, int Weight)
{
    public string Text => $"{SocketIdentity.NameOf(Comm)} ({Pid})";
}

using System.Runtime.InteropServices;
using SockTrace.Diag;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Ports;

/// <summary>
/// Counts the sockets of one network namespace: by state, by pool, and those that listen.
/// Listeners and bound sockets come first (<see cref="AddBound"/>), for they tell which
/// connections have a port of the range because connect() chose it.
/// </summary>
/// <param name="netns">The namespace's inode number.</param>
/// <param name="range">Its ports.</param>
/// <param name="reuse">Which TIME_WAITs may be taken over.</param>
internal sealed class SocketCensus(uint netns, PortRange range, TimeWaitReuse reuse)
{
    /// <summary>TCP_TIMEWAIT_LEN in nanoseconds.</summary>
    public const long TimeWaitNs = TimeWaitLength.Ns;

    private readonly bool[] _isBound = new bool[ushort.MaxValue + 1];
    private readonly bool[] _isListening = new bool[ushort.MaxValue + 1];
    private readonly long[] _states = new long[TcpStates.Count];
    private readonly Dictionary<PoolKey, int> _rows = [];
    private readonly List<PoolKey> _keys = [];
    private readonly List<PoolCount> _counts = [];
    private readonly List<(int Row, ulong Inode)> _held = [];
    private readonly List<DiagSocket> _listeners = [];

    public PortRange Range => range;

    /// <summary>By number of the state; mini-sockets count by theirs.</summary>
    public IReadOnlyList<long> States => _states;

    public IReadOnlyList<PoolKey> Keys => _keys;

    public ReadOnlySpan<PoolCount> Counts => CollectionsMarshal.AsSpan(_counts);

    public IReadOnlyList<DiagSocket> Listeners => _listeners;

    /// <summary>The sockets that hold a port of a pool and have an inode, by the pool's row.</summary>
    public IReadOnlyList<(int Row, ulong Inode)> Held => _held;

    /// <summary>Sockets that are bound to a port, and neither listen nor are connected.</summary>
    public long Bound { get; private set; }

    public long MiniSockets { get; private set; }

    /// <summary>
    /// Ports of the range that no connect() chooses: __inet_hash_connect() passes over a port
    /// that any socket has got by bind(), whatever the address.
    /// </summary>
    public int Blocked { get; private set; }

    /// <summary>Takes one that listens, or is merely bound.</summary>
    public void AddBound(in DiagSocket socket)
    {
        if (socket.State == TcpState.Listen)
        {
            _states[(int)TcpState.Listen]++;
            _isListening[socket.Lport] = true;
            _listeners.Add(socket);
        }
        else
        {
            Bound++;
        }
        if (!_isBound[socket.Lport] && range.Contains(socket.Lport))
            Blocked++;
        _isBound[socket.Lport] = true;
    }

    /// <summary>Takes a connection, or what it left behind.</summary>
    public void Add(in DiagSocket socket)
    {
        if (socket.State == TcpState.Listen)
            return; // came into being since
        _states[(int)socket.State]++;
        if (socket.IsMini)
            MiniSockets++;
        // What a listener has accepted has its port. connect() did not choose it.
        if (_isListening[socket.Lport] || !range.Contains(socket.Lport))
            return;

        int row = RowOf(new PoolKey(socket.Laddr, socket.Raddr, netns, socket.Rport));
        ref PoolCount count = ref CollectionsMarshal.AsSpan(_counts)[row];
        if (_isBound[socket.Lport])
            count.Blocked++;
        if (!socket.IsMini)
        {
            count.Live++;
            if (socket.State == TcpState.CloseWait)
                count.CloseWait++;
            if (socket.Inode != 0)
                _held.Add((row, socket.Inode));
        }
        else if (socket.State == TcpState.TimeWait)
        {
            count.TimeWait++;
            count.NextNs = Math.Min(count.NextNs, socket.TimerNs);
            count.LastNs = Math.Max(count.LastNs, socket.TimerNs);
            if (reuse.Allows(socket.Laddr, socket.Raddr, TimeWaitNs - socket.TimerNs))
                count.Reusable++;
        }
        else
        {
            count.FinWait2++;
        }
    }

    private int RowOf(PoolKey key)
    {
        ref int row = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, key, out bool isKnown);
        if (!isKnown)
        {
            row = _keys.Count;
            _keys.Add(key);
            _counts.Add(new PoolCount());
        }
        return row;
    }
}

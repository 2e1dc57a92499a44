using System.Runtime.InteropServices;
using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>
/// Enters connections into the tables of ports and pools as far as they are known, and takes
/// them out again. What a connection holds stands in its row.
/// </summary>
internal sealed class PortUse(ConnectionTable connections, PortTable ports, PoolTable pools, TimeWaitTracker timeWaits)
{
    /// <summary>
    /// By which what was there before us is told: who has a listener's port did not connect. How
    /// many listen there: SO_REUSEPORT, or one for each family or address.
    /// </summary>
    private readonly Dictionary<(uint Netns, ushort Port), int> _listeners = [];

    /// <summary>A transition has filled in more of the connection, perhaps. It still stands in the old state.</summary>
    public void Account(int row, long timeNs)
    {
        switch (connections.Roles[row])
        {
            case Role.Client:
                AccountClient(row, timeNs);
                break;
            case Role.Listener:
                Listen(row);
                break;
            case Role.Server when connections.States[row] == TcpState.SynRecv:
                timeWaits.OnTupleTaken(row, timeNs);
                break;
        }
    }

    /// <summary>A socket that was there before us takes its port, if it is one that connected.</summary>
    public void Found(int row, TcpState state)
    {
        ushort lport = connections.Lports[row];
        uint netns = connections.Netnses[row];
        if (state == TcpState.Listen)
        {
            Listen(row);
            return;
        }
        if (connections.Roles[row] == Role.Server || !IsClientPort(netns, lport))
            return;
        connections.IsInPool[row] = true;
        pools.Found(connections.PoolOf(row));
        if (lport != 0)
        {
            connections.HoldsPort[row] = true;
            ports.Open(connections.PortOf(row), connections.Raddrs[row], connections.Rports[row], 0);
        }
    }

    /// <summary>
    /// Whether who was there before us and has this port took it out of a pool: a client, whose
    /// port is not chosen yet, perhaps. A snapshot tells of listeners before all others (tcp_get_idx()).
    /// </summary>
    public bool IsClientPort(uint netns, ushort lport) =>
        lport == 0 || (pools.IsFromRange(netns, lport) && !_listeners.ContainsKey((netns, lport)));

    /// <summary>The connection has closed, and gives back what it holds.</summary>
    public void Release(int row, long timeNs)
    {
        Leave(row);
        if (connections.HoldsPort[row])
            ports.Close(connections.PortOf(row), connections.Raddrs[row], connections.Rports[row], timeNs);
    }

    /// <summary>The connection has gone unseen: nothing is known of its end.</summary>
    public void Forget(int row)
    {
        Leave(row);
        if (connections.HoldsPort[row])
            ports.Forget(connections.PortOf(row));
    }

    /// <summary>The connection found no port.</summary>
    /// <returns>How many of its pool are taken now.</returns>
    public int Exhausted(int row) => pools.Exhausted(connections.PoolOf(row));

    private void AccountClient(int row, long timeNs)
    {
        if (connections.HoldsPort[row])
            return;
        ushort lport = connections.Lports[row];
        bool isFromRange = lport == 0 || pools.IsFromRange(connections.Netnses[row], lport);
        if (connections.States[row] == TcpState.Unknown)
        {
            // The begin: a port is about to be chosen, unless the socket is bound to one.
            connections.IsInPool[row] = isFromRange;
            if (isFromRange)
                pools.Take(connections.PoolOf(row), connections.Pids[row], connections.Comms[row]);
            return; // whose port it was is known when it has it: a mini-socket may have to give way
        }
        if (connections.IsInPool[row] && !isFromRange)
        {
            connections.IsInPool[row] = false;
            pools.Release(connections.PoolOf(row));
        }
        if (lport == 0)
            return;

        long openedNs = connections.OpenedNs[row] != 0 ? connections.OpenedNs[row] : timeNs;
        timeWaits.OnTupleTaken(row, openedNs);
        connections.HoldsPort[row] = true;
        (connections.Reuses[row], connections.ReuseGapsNs[row]) =
            ports.Open(connections.PortOf(row), connections.Raddrs[row], connections.Rports[row], openedNs);
    }

    private void Leave(int row)
    {
        if (connections.IsInPool[row])
            pools.Release(connections.PoolOf(row));
        if (!connections.IsListening[row])
            return;
        (uint, ushort) port = (connections.Netnses[row], connections.Lports[row]);
        int left = _listeners.GetValueOrDefault(port) - 1;
        if (left > 0)
            _listeners[port] = left;
        else
            _listeners.Remove(port);
    }

    private void Listen(int row)
    {
        // listen() chooses a port after the transition where the socket is not bound.
        if (connections.IsListening[row] || connections.Lports[row] == 0)
            return;
        connections.IsListening[row] = true;
        CollectionsMarshal.GetValueRefOrAddDefault(_listeners, (connections.Netnses[row], connections.Lports[row]), out _)++;
    }
}

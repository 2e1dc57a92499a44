using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>
/// Who had which local port last, as struct of arrays, one row for each (netns, local address,
/// local port) that a client has had. Bounded: what was quiet longest is forgotten, and counted.
/// </summary>
internal sealed class PortTable
{
    private readonly RowIndex<PortKey> _index;
    private IpAddress[] _raddrs = [];
    private ushort[] _rports = [];
    private long[] _closedNs = [];
    private int[] _live = [];
    private IpAddress[] _takenRaddrs = [];
    private ushort[] _takenRports = [];
    private long[] _takenClosedNs = [];

    /// <param name="maxPorts">The bound, at least 1.</param>
    public PortTable(int maxPorts)
    {
        _index = new RowIndex<PortKey>(maxPorts);
        Resize();
    }

    public int Count => _index.Count;

    /// <summary>Connections that have one of them now.</summary>
    public int Live
    {
        get
        {
            int live = 0;
            for (int row = _index.Oldest; row != RowIndex.None; row = _index.Newer(row))
                live += _live[row];
            return live;
        }
    }

    /// <summary>Local ends whose past gave way to that of others.</summary>
    public long Forgotten => _index.Evicted;

    /// <summary>A client has this local end from now on.</summary>
    /// <returns>What it was before, and how long ago its last connection closed; -1 where that lives, or where there was none.</returns>
    public (PortReuse Reuse, long GapNs) Open(PortKey key, IpAddress raddr, ushort rport, long openedNs)
    {
        int row = _index.Find(key);
        if (row == RowIndex.None)
        {
            row = Add(key);
            _live[row] = 1;
            return (PortReuse.None, -1);
        }
        _index.Touch(row);

        (PortReuse, long) was;
        if (_takenClosedNs[row] != 0 && _takenRaddrs[row] == raddr && _takenRports[row] == rport)
            was = (PortReuse.InTimeWait, Gap(_takenClosedNs[row], openedNs));
        else if (_live[row] > 0)
            was = (PortReuse.OtherDestination, -1);
        else if (_closedNs[row] == 0)
            was = (PortReuse.None, -1);
        else if (_raddrs[row] == raddr && _rports[row] == rport)
            was = (PortReuse.AfterTimeWait, Gap(_closedNs[row], openedNs));
        else
            was = (PortReuse.OtherDestination, Gap(_closedNs[row], openedNs));
        _takenClosedNs[row] = 0;
        _live[row]++;
        return was;
    }

    /// <summary>The client that had this local end has closed.</summary>
    public void Close(PortKey key, IpAddress raddr, ushort rport, long closedNs)
    {
        int row = _index.Find(key);
        if (row == RowIndex.None)
            row = Add(key);
        else
            _index.Touch(row);
        _live[row] = Math.Max(0, _live[row] - 1);
        _raddrs[row] = raddr;
        _rports[row] = rport;
        _closedNs[row] = closedNs;
    }

    /// <summary>A connection that was counted as living has gone unseen: nothing is known of its end.</summary>
    public void Forget(PortKey key)
    {
        int row = _index.Find(key);
        if (row != RowIndex.None)
            _live[row] = Math.Max(0, _live[row] - 1);
    }

    /// <summary>A connect() is taking over the mini-socket of this four-tuple; its transition follows.</summary>
    /// <param name="closedNs">When the mini-socket's connection closed.</param>
    public void TakeOver(PortKey key, IpAddress raddr, ushort rport, long closedNs)
    {
        int row = _index.Find(key);
        if (row == RowIndex.None)
            row = Add(key);
        _takenRaddrs[row] = raddr;
        _takenRports[row] = rport;
        _takenClosedNs[row] = closedNs;
    }

    private static long Gap(long closedNs, long openedNs) => Math.Max(0, openedNs - closedNs);

    private int Add(PortKey key)
    {
        int row = _index.Add(key);
        if (_index.Capacity > _live.Length)
            Resize();
        _raddrs[row] = default;
        _rports[row] = 0;
        _closedNs[row] = 0;
        _live[row] = 0;
        _takenClosedNs[row] = 0;
        return row;
    }

    private void Resize()
    {
        int capacity = _index.Capacity;
        Array.Resize(ref _raddrs, capacity);
        Array.Resize(ref _rports, capacity);
        Array.Resize(ref _closedNs, capacity);
        Array.Resize(ref _live, capacity);
        Array.Resize(ref _takenRaddrs, capacity);
        Array.Resize(ref _takenRports, capacity);
        Array.Resize(ref _takenClosedNs, capacity);
    }
}

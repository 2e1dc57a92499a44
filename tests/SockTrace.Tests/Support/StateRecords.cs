using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Tests.Support;

/// <summary>`state` records of one connection, as many as one likes.</summary>
internal sealed class StateRecords
{
    private readonly ConnectionTable _connections = new(8);
    private readonly int _row;

    public StateRecords()
    {
        _row = _connections.Add(0x1000);
        _connections.Ids[_row] = 11;
        _connections.IdsAreCookies[_row] = true;
        _connections.Families[_row] = IpFamily.IPv4;
        _connections.Netnses[_row] = 4026531840;
        _connections.Laddrs[_row] = IpAddress.FromIPv4(0x7F000001);
        _connections.Raddrs[_row] = IpAddress.FromIPv4(0x7F000002);
        _connections.Lports[_row] = 40000;
        _connections.Rports[_row] = 3306;
    }

    /// <summary>How many were produced.</summary>
    public long Count { get; private set; }

    public void ProduceTo(ITraceSink sink, int count)
    {
        for (int i = 0; i < count; i++)
            sink.OnTransition(new Transition(new ConnectionView(_connections, _row), 1_000_000_000_000 + (1000 * ++Count),
                TcpState.SynSent, TcpState.Established, Count * 7919 % 1_000_003));
    }

    /// <summary>What a run that saw them, and missed nothing, says at its end.</summary>
    public TraceTotals Totals => new(1_000_000_000_000, Count, Count, 0, 0, 0, 0, 0);
}

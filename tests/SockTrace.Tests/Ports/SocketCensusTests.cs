using SockTrace.Diag;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Ports;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Ports;

/// <summary>Which sockets take a port of which pool.</summary>
public sealed class SocketCensusTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void BothEndsOfTheRangeCountAndWhatIsBesideThemDoesNot()
    {
        SocketCensus census = Census([], [.. new[] { 39999, 40000, 40199, 40200 }.Select(port => Budgets.Socket(port))]);
        Assert.Equal(2, Assert.Single(census.Counts.ToArray()).Taken);
        Assert.Equal(4, census.States[(int)TcpState.Established]);
    }

    [Fact]
    public void AReservedPortIsOfNoPool() =>
        Assert.Empty(Census([], [Budgets.Socket(40100)], reserved: "40100").Counts.ToArray());

    [Fact]
    public void WhatAListenerAcceptedIsOfNoPoolAndItsPortIsBlockedOnce()
    {
        SocketCensus census = Census(
            [Budgets.Listener(40080), Budgets.Listener(40080, "127.0.0.1"), Budgets.Listener(80)],
            [Budgets.Socket(40080, rport: 50000), Budgets.Socket(40001)]);
        Assert.Equal((1, 1), (census.Keys.Count, census.Blocked));
    }

    [Fact]
    public void ABoundPortThatIsTakenTooCountsOnce()
    {
        SocketCensus census = Census([Budgets.Socket(40001, TcpState.Close, rport: 0), Budgets.Socket(40002, TcpState.Close, rport: 0)],
            [Budgets.Socket(40001), Budgets.Socket(40003)]);
        PoolCount count = Assert.Single(census.Counts.ToArray());
        Assert.Equal((2, 2L, 2, 1), (census.Blocked, census.Bound, count.Taken, count.Blocked));
    }

    [Fact]
    public void OrphansInFinWait2AreNeitherLiveNorInTimeWait()
    {
        PoolCount count = Assert.Single(Census([],
        [
            Budgets.Socket(40001, TcpState.FinWait2, leftNs: Second), Budgets.Socket(40002, TcpState.FinWait2),
            Budgets.Socket(40003, TcpState.TimeWait, leftNs: 10 * Second), Budgets.Socket(40004, TcpState.TimeWait, leftNs: 50 * Second),
        ]).Counts.ToArray());
        Assert.Equal((1, 2, 1, 10 * Second, 50 * Second), (count.FinWait2, count.TimeWait, count.Live, count.NextNs, count.LastNs));
    }

    [Theory]
    [InlineData(0, "127.0.0.1", true, 0)]
    [InlineData(1, "10.0.0.2", true, 1)]
    [InlineData(1, "10.0.0.2", false, 0)] // no timestamps
    [InlineData(2, "10.0.0.2", true, 0)]
    [InlineData(2, "127.0.0.9", true, 1)]
    [InlineData(2, "::1", true, 1)]
    [InlineData(2, "::2", true, 0)]
    public void ATimeWaitOlderThanTheDelayIsReusableWhereTheSettingSaysSo(long mode, string raddr, bool hasTimestamps, int expected)
    {
        SocketCensus census = Census([],
        [
            Budgets.Socket(40001, TcpState.TimeWait, leftNs: 59 * Second, raddr: raddr), Budgets.Socket(40002, TcpState.TimeWait, leftNs: 59 * Second - 1, raddr: raddr),
            Budgets.Socket(40003, TcpState.FinWait2, leftNs: Second, raddr: raddr),
        ], reuse: new TimeWaitReuse(mode, Second, true, hasTimestamps));
        Assert.Equal(expected, Assert.Single(census.Counts.ToArray()).Reusable);
    }

    [Fact]
    public void TheRangeUpTo61000Is28233PortsAnd470Point55ASecond()
    {
        NamespacePorts space = Budgets.Namespace([], range: "32768\t61000");
        Assert.Equal((28233, 470.55), (space.Size, space.SustainablePerSecond));
        Assert.Contains("28233 ports", Budgets.Text(space), StringComparison.Ordinal);
        Assert.Contains("470.55", Budgets.Text(space), StringComparison.Ordinal);
    }

    private static SocketCensus Census(DiagSocket[] bound, DiagSocket[] sockets, string reserved = "", TimeWaitReuse reuse = default)
    {
        var census = new SocketCensus(1, PortRange.Parse("40000\t40199", reserved)!, reuse);
        foreach (DiagSocket socket in bound)
            census.AddBound(socket);
        foreach (DiagSocket socket in sockets)
            census.Add(socket);
        return census;
    }
}

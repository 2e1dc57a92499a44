using SockTrace.Reporting;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reporting;

/// <summary>When a pool is told of, with which numbers, and what is advised.</summary>
public sealed class PoolFindingTests
{
    [Theory]
    [InlineData(7057, null, 235.2, null)]
    [InlineData(7058, null, 1, "pool-busy")] // a quarter of 28232
    [InlineData(100, null, 235.3, "pool-busy")] // half of 28232 / 60 s
    [InlineData(22585, null, 1, "pool-busy")]
    [InlineData(22586, null, 1, "pool-filling")] // four fifths
    [InlineData(7057, 0L, 1, null)] // a moment's rate, with less than a quarter taken
    [InlineData(7058, 30_000_000_000, 1, "pool-busy")]
    [InlineData(7058, 29_999_999_999, 1, "pool-filling")]
    [InlineData(7058, 0L, 1, "pool-filling")]
    public void APoolIsToldOfFromItsThresholdOn(long taken, long? emptyInNs, double opened, string? id) =>
        Assert.Equal(id is null ? [] : [id], Ids(Pool(taken, emptyInNs, opened)));

    [Fact]
    public void OfAPoolWithoutASizeOnlyExhaustionIsTold()
    {
        Assert.Empty(Ids(new TraceText().Header(portRange: null).Conn(1, "a").Stats(2, 1, 1, TraceText.Pool(60000, 1, size: null, 5000)).End(10)));
        Assert.Equal(["pool-exhausted"], Ids(new TraceText().Header(portRange: null).PortExhausted(1, "a", pool: null, taken: 5).End(10)));
    }

    [Fact]
    public void ManyConnectionsAreARateWithoutStatistics()
    {
        static TraceText Of(int connections)
        {
            var trace = new TraceText().Header(portRange: "40000-40119"); // 120 ports bear 2 a second
            for (int i = 0; i < connections; i++)
                trace.Conn(1, "a");
            return trace.End(10);
        }
        Assert.Empty(Ids(Of(9)));
        Assert.Equal(["pool-busy"], Ids(Of(10)));
    }

    [Theory]
    [InlineData("closed", "local", "pool-busy")]
    [InlineData("closed", "both", "pool-busy")]
    [InlineData("closed", "remote", null)] // whose the TIME_WAIT is
    [InlineData("reset_by_us", "local", null)]
    [InlineData("refused", null, null)]
    public void ARateCountsWhereConnectionsLeaveTheirPortInTimeWait(string reason, string? closedBy, string? id)
    {
        var trace = new TraceText().Header(portRange: "40000-40119");
        for (int i = 0; i < 40; i++)
            trace.Conn(1, "a", reason: reason, closedBy: closedBy);
        Assert.Equal(id is not null, Ids(trace.End(10)).Contains("pool-busy"));
    }

    [Fact]
    public void AnAverageIsNotCalledTheMost()
    {
        var trace = new TraceText().Header(portRange: "40000-40119");
        for (int i = 0; i < 40; i++)
            trace.Conn(1, "a");
        Assert.StartsWith("shop opened 40 connections in 10.0 s from", ReportOf.Traces(trace.End(10)).Finding("pool-busy").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void PortsThatOpenConnectionsHoldAreNotPutDownToTimeWait()
    {
        Finding finding = ReportOf.Traces(new TraceText().Header(portRange: "40000-40020")
            .Stats(1, 21, 0, TraceText.Pool(21, 0, 21, 21, comm: "shop")).PortExhausted(1, "a", pool: 21, taken: 21)
            .Stats(9, 0, 21, TraceText.Pool(21, 21, 21, 0, comm: "shop")).End(10)).Finding("pool-exhausted");
        Assert.Contains("The pool has 21 ports. At most 21 were taken at once, 21 of them by connections that were open. ", finding.Text, StringComparison.Ordinal);
        Assert.StartsWith("Close connections that are not needed, or bound their number", finding.Advice[0], StringComparison.Ordinal);
        Assert.DoesNotContain(finding.Advice, line => line.Contains("tcp_tw_reuse", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ARangeOfTheSocketsOwnIsNotThePools(bool isLookedAtBefore)
    {
        var trace = new TraceText().Header();
        if (isLookedAtBefore)
            trace.Stats(1, 1, 0, TraceText.Pool(3, 3, 28232, 1));
        Finding finding = ReportOf.Traces(trace.PortExhausted(2, "a", pool: 4, taken: 4)
            .Stats(3, 1, 0, TraceText.Pool(4, 4, 28232, 1)).End(10)).Finding("pool-exhausted");
        Assert.Contains("The socket chose from 4 ports of its own (IP_LOCAL_PORT_RANGE).", finding.Text, StringComparison.Ordinal);
        Assert.StartsWith("Widen the range that the program sets for its sockets", finding.Advice[0], StringComparison.Ordinal);
    }

    [Fact]
    public void ARangeThatWasWidenedLaterIsNoSocketsOwn()
    {
        Finding finding = ReportOf.Traces(new TraceText().Header().PortExhausted(2, "a", pool: 4, taken: 4)
            .Stats(3, 1, 0, TraceText.Pool(4, 4, 4, 1)).Stats(13, 1, 0, TraceText.Pool(4, 4, 28232, 1)).End(20)).Finding("pool-exhausted");
        Assert.DoesNotContain("IP_LOCAL_PORT_RANGE", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void AnExhaustedPoolQuotesItsNumbers()
    {
        Finding finding = ReportOf.Traces(new TraceText().Header().Conn(1, "a", reuse: "in_time_wait").Conn(2, "b", establishedNs: 3_000_000)
            .Stats(3, 5, 28000, TraceText.Pool(28010, 28000, 28232, 490.5, emptyInNs: 1_000_000))
            .PortExhausted(4, "c").PortExhausted(5, "d", taken: 28231).TimeWait(63, "a", durationNs: 60_004_000_000).End(100)).Finding("pool-exhausted");
        Assert.Equal(("critical", "shop ran out of ports to 10.0.0.2:3306: 2 connect()s failed"), (finding.Severity, finding.Title));
        Assert.Equal("shop opened up to 490.5 connections a second from 10.0.0.1 to 10.0.0.2:3306. The pool has 28232 ports; each connection that this side closes first keeps its port for 60 s more, "
            + "in TIME_WAIT, so it bears 470.5 such a second for ever. At most 28232 were taken at once, 28000 of them in TIME_WAIT. 2 connect()s found none left (EADDRNOTAVAIL).", finding.Text);
        Assert.Equal(5, finding.Advice.Count);
        Assert.StartsWith("Keep connections and use them again (a connection pool): each was established for 2.00 ms on average, so about 1 at once on average, and 10 at most.", finding.Advice[0], StringComparison.Ordinal);
        Assert.StartsWith("Widen ip_local_port_range (now 32768-60999): 1024-65535 is 64512 ports, which bear 1075.2 a second", finding.Advice[1], StringComparison.Ordinal);
        Assert.StartsWith("tcp_tw_reuse is on for loopback only (2), which this peer is not on.", finding.Advice[3], StringComparison.Ordinal);
        Assert.Contains("tcp_fin_timeout (now 60 s) would not help", finding.Advice[4], StringComparison.Ordinal);
        Assert.Contains("(of 1 that expired here the longest took 60.0 s)", finding.Advice[4], StringComparison.Ordinal);
        Assert.Equal((28232L, 2L, 1L, "shop"), (finding.Evidence["taken_max"], finding.Evidence["port_exhausted"], finding.Evidence["reused"], finding.Evidence["comm"]));
    }

    [Fact]
    public void WhereOthersTakeFromItTooItsRateIsNotOnes()
    {
        Finding finding = ReportOf.Traces(new TraceText().Header().Conn(1, "a").Conn(2, "b").Conn(3, "c", comm: "worker")
            .Stats(4, 5, 28000, TraceText.Pool(28010, 28000, 28232, 490.5)).PortExhausted(5, "d").End(100)).Finding("pool-exhausted");
        Assert.StartsWith("shop and others opened up to 490.5 connections a second from 10.0.0.1 to 10.0.0.2:3306. Of 3 connections 2 were shop's. ", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void APoolThatIsFillingSaysWhenItWillBeEmpty()
    {
        Finding finding = ReportOf.Traces(Pool(7100, 12_000_000_000, 5)).Finding("pool-filling");
        Assert.Equal(("warning", "(unknown) came near the end of its ports to 10.0.0.2:3306"), (finding.Severity, finding.Title));
        Assert.EndsWith("It was 12.0 s from empty.", finding.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0L, "10.0.0.2", "tcp_tw_reuse is off (0). With 1,")]
    [InlineData(1L, "10.0.0.2", "tcp_tw_reuse is on (1), and it took over 1 port here:")]
    [InlineData(2L, "127.0.0.1", "tcp_tw_reuse is on for loopback (2), which this is, and it took over 1 port here:")]
    [InlineData(2L, "::1", "tcp_tw_reuse is on for loopback (2), which this is, and it took over 1 port here:")]
    [InlineData(null, "10.0.0.2", "tcp_tw_reuse (not in the trace for that network namespace): with 1,")]
    public void TheAdviceKnowsTheSettings(long? reuse, string raddr, string advice)
    {
        ReportOf report = ReportOf.Traces(new TraceText().Header(reuse: reuse).Conn(1, "a", raddr: raddr, reuse: "in_time_wait").PortExhausted(2, "b", raddr: raddr).End(10));
        Assert.Contains(report.Finding("pool-exhausted").Advice, line => line.StartsWith(advice, StringComparison.Ordinal));
    }

    [Fact]
    public void WhoWasOnlySeenInStatisticsHasNoConnections()
    {
        ReportOf report = ReportOf.Traces(new TraceText().Header().Stats(1, 1, 1, TraceText.Pool(28000, 1, comm: "shop")).Conn(2, "a", comm: "worker").Stats(3, 1, 1, TraceText.Pool(5, 1, comm: "shop")).End(10));
        Assert.Equal(("worker", 1), (report.Report.Pools[0].Comm, report.Report.Pools[0].CommConnections));
        report = ReportOf.Traces(new TraceText().Header().Stats(1, 1, 1, TraceText.Pool(28000, 1, comm: "shop")).End(10));
        Assert.Equal(("shop", 0), (report.Report.Pools[0].Comm, report.Report.Pools[0].CommConnections));
    }

    private static TraceText Pool(long taken, long? emptyInNs, double opened) =>
        new TraceText().Header().Stats(2, 1, 1, TraceText.Pool(taken, taken, 28232, opened, emptyInNs)).End(10);

    private static string[] Ids(TraceText trace) => [.. ReportOf.Traces(trace).Report.Findings.Select(finding => finding.Id)];
}

using SockTrace.Reporting;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reporting;

/// <summary>Each finding appears exactly when its rule says so, and quotes the numbers.</summary>
public sealed class FindingsTests
{
    [Fact]
    public void AnOrdinaryTraceHasNone() => Assert.Empty(Ids(Connections(100).End(1000)));

    [Theory]
    [InlineData("refused", "connects-refused", "1 of 2 connect()s to 10.0.0.2:3306 were refused")]
    [InlineData("unreachable", "connects-unreachable", "1 of 2 connect()s to 10.0.0.2:3306 found no way")]
    [InlineData("timed_out", "timed-out", "1 of 2 connections to 10.0.0.2:3306 timed out")]
    [InlineData("disconnected", "connects-given-up", "1 of 2 connect()s to 10.0.0.2:3306 were given up")]
    public void OneConnectionThatFailedIsToldOf(string reason, string id, string title)
    {
        Finding finding = Single(id, new TraceText().Header().Conn(1, "a").Failed(2, "b", reason).End(1000));
        Assert.Equal(("warning", title), (finding.Severity, finding.Title));
        Assert.Equal(("10.0.0.2:3306", 2L), (finding.Evidence["destination"], finding.Evidence["connections"]));
    }

    [Fact]
    public void WhoDisconnectsAfterAnAnswerHasGivenNothingUp() =>
        Assert.Empty(Ids(new TraceText().Header().Conn(1, "a", reason: "disconnected").End(1000)));

    [Fact]
    public void ServersDoNotConnect() =>
        Assert.Empty(Ids(new TraceText().Header().Conn(1, "a", role: "server", reason: "timed_out", connectNs: 5_000_000_000).End(1000)));

    [Fact]
    public void AConnectOfASecondIsSlow()
    {
        Assert.Empty(Ids(new TraceText().Header().Conn(1, "a", connectNs: 999_999_999).End(1000)));
        Finding finding = Single("slow-connects", new TraceText().Header().Conn(1, "a", connectNs: 1_000_000_000).End(1000));
        Assert.Equal("1 of 1 connect() to 10.0.0.2:3306 took a second or more", finding.Title);
        Assert.Equal(1L, finding.Evidence["slow"]);
    }

    [Theory]
    [InlineData(19, 19, false)] // too few
    [InlineData(20, 1, true)] // 5 %
    [InlineData(21, 1, false)]
    [InlineData(100, 4, false)]
    [InlineData(100, 5, true)]
    public void RetransmitsAndResetsCountFromAShareOfTwentyOn(int connections, int marked, bool isTold)
    {
        static TraceText Of(int connections, int marked, long retransmits, string reason)
        {
            var trace = new TraceText().Header();
            for (int i = 0; i < connections; i++)
                trace.Conn(i, "a", retransmits: i < marked ? retransmits : 0, reason: i < marked ? reason : "closed");
            return trace.End(1000);
        }
        Assert.Equal(isTold ? ["retransmits"] : [], Ids(Of(connections, marked, 3, "closed")));
        Assert.Equal(isTold ? ["resets"] : [], Ids(Of(connections, marked, 0, "reset_by_peer")));
        if (isTold)
        {
            Finding finding = Single("retransmits", Of(connections, marked, 3, "closed"));
            Assert.Equal("5 % of the connections to 10.0.0.2:3306 sent segments again", finding.Title);
            Assert.StartsWith($"{3 * marked} segments on {marked} of {connections} connections:", finding.Text, StringComparison.Ordinal);
            Assert.Equal("5 % of the connections to 10.0.0.2:3306 were reset by the peer", Single("resets", Of(connections, marked, 0, "reset_by_peer")).Title);
        }
    }

    [Theory]
    [InlineData("CLOSE_WAIT", 1, "close-wait", "shop has not closed 1 connection whose peer closed long ago (10.0.0.2:3306)")]
    [InlineData("LAST_ACK", 2, "stuck-closing", "2 connections of shop wait for the acknowledgement of a FIN (10.0.0.2:3306)")]
    [InlineData("FIN_WAIT1", 1, "stuck-closing", "1 connection of shop wait for the acknowledgement of a FIN (10.0.0.2:3306)")]
    [InlineData("CLOSING", 1, "stuck-closing", "1 connection of shop wait for the acknowledgement of a FIN (10.0.0.2:3306)")]
    [InlineData("ESTABLISHED", 19, null, null)]
    [InlineData("ESTABLISHED", 20, "never-closed", "shop held 20 connections open to the trace's end (10.0.0.2:3306)")]
    [InlineData("SYN_SENT", 50, null, null)]
    public void WhatStandsInAStateForAMinuteAtTheEndIsToldOf(string state, int connections, string? id, string? title)
    {
        TraceText Of(double standing)
        {
            var trace = new TraceText().Header();
            for (int i = 0; i < connections; i++)
                trace.State(0.5, $"{i + 1:x}", "CLOSE", "SYN_SENT").State(1, $"{i + 1:x}", "ESTABLISHED", state);
            return trace.End(1 + standing);
        }
        Assert.Empty(Ids(Of(59.999)));
        Assert.Equal(id is null ? [] : [id], Ids(Of(60)));
        if (id is not null)
        {
            Finding finding = Single(id, Of(90));
            Assert.Equal((title, 90_000_000_000L, (long)connections), (finding.Title, finding.Evidence["longest_ns"], finding.Evidence["connections"]));
            Assert.Contains("90.0 s", finding.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WhatClosedInTimeDoesNotLinger()
    {
        TraceText trace = new TraceText().Header().State(1, "a", "ESTABLISHED", "CLOSE_WAIT").State(2, "b", "ESTABLISHED", "CLOSE_WAIT")
            .State(3, "a", "LAST_ACK", "CLOSE").Conn(3, "b").End(100);
        Assert.Empty(Ids(trace));
        // The tracer's own number is another connection than the cookie of the same digits.
        Assert.Equal(["close-wait"], Ids(new TraceText().Header().State(1, "a", "ESTABLISHED", "CLOSE_WAIT").Conn(3, "~a").End(100)));
    }

    [Fact]
    public void EveryTimeWaitThatWasRefusedIsToldOf()
    {
        Finding finding = Single("time-wait-overflow", new TraceText().Header(buckets: 100).Conn(1, "a").TimeWait(2, "a", "overflow", durationNs: null).End(1000));
        Assert.Equal("1 connection got no TIME_WAIT: tcp_max_tw_buckets (100) was reached", finding.Title);
        Assert.Equal((1L, 100L), (finding.Evidence["overflows"], finding.Evidence["max_tw_buckets"]));
    }

    [Fact]
    public void TwentyOrphansAreToldOf()
    {
        static TraceText Of(int orphans)
        {
            var trace = new TraceText().Header();
            for (int i = 0; i < orphans; i++)
                trace.TimeWait(2, "a", finWait2Ns: 60_000_000_000, durationNs: null);
            return trace.End(1000);
        }
        Assert.Empty(Ids(Of(19)));
        Finding finding = Single("orphans", Of(20));
        Assert.Equal(("info", "20 orphans waited in FIN_WAIT2 for the peer's FIN, the longest for 60.0 s"), (finding.Severity, finding.Title));
        Assert.Contains("tcp_fin_timeout (60 s)", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void TheMostUrgentComesFirstAndEachHasEvidence()
    {
        ReportOf report = ReportOf.Traces(Connections(30, reason: "reset_by_peer").Failed(2, "b", "refused").PortExhausted(3, "c").End(1000));
        Assert.Equal(["pool-exhausted", "connects-refused", "resets"], report.Report.Findings.Select(finding => finding.Id));
        Assert.All(report.Report.Findings, finding => Assert.NotEmpty(finding.Evidence));
    }

    private static TraceText Connections(int count, string reason = "closed")
    {
        var trace = new TraceText().Header();
        for (int i = 0; i < count; i++)
            trace.Conn(i, $"{i + 16:x}", reason: reason).TimeWait(i + 60, $"{i + 16:x}");
        return trace;
    }

    private static string[] Ids(TraceText trace) => [.. ReportOf.Traces(trace).Report.Findings.Select(finding => finding.Id)];

    private static Finding Single(string id, TraceText trace)
    {
        Finding finding = Assert.Single(ReportOf.Traces(trace).Report.Findings);
        Assert.Equal(id, finding.Id);
        return finding;
    }
}

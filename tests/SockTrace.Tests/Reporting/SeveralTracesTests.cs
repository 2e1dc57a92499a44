using System.Text.Json;
using SockTrace.Host;
using SockTrace.Reporting;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reporting;

/// <summary>What several files say together: rotated traces, several hosts, files put together.</summary>
public sealed class SeveralTracesTests
{
    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(2, 0, 1)]
    [InlineData(1, 2, 0)]
    public void ARotatedTraceInAnyOrderIsOneTrace(params int[] order)
    {
        TraceText[] parts = Rotated("db1", 0);
        ReportOf report = ReportOf.Traces([.. order.Select(i => parts[i])]);
        AssertSame(ReportOf.Traces(Whole("db1", 0)), report);
        TraceSummary trace = Assert.Single(report.Report.Traces);
        Assert.Equal(3, trace.Files.Count);
        Assert.True(trace.IsComplete);
        Assert.Equal(["lost"], report.Notes);
        // Its last transition before the break was in the first part, its CLOSE is in the last.
        Assert.Equal((2, 1), (report.Report.Connections.Closed, report.Report.OpenAtEnd));
    }

    [Fact]
    public void RotatedTracesOfSeveralHostsMerge()
    {
        TraceText[] web = Rotated("web", 0), db = Rotated("db", 1);
        ReportOf report = ReportOf.Traces([db[2], web[1], db[0], web[0], web[2], db[1]]);
        AssertSame(ReportOf.Traces(Whole("web", 0), Whole("db", 1)), report);
        Assert.Equal(["web", "db"], report.Report.Traces.Select(trace => trace.Header!.Host));
        Assert.Equal(["lost", "lost", "same-boot-id"], report.Notes);
    }

    [Fact]
    public void FilesPutTogetherAreTheSameTraces()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("all"), string.Concat([.. Rotated("db1", 0).Select(part => part.ToString()), "garbage\n", Whole("web", 50).ToString(), "more\ngarbage\n"]));
        ReportOf report = ReportOf.Files([folder.File("all")]);
        Assert.Equal([(14, 1), (11, 2)], report.Report.Traces.Select(trace => (trace.Lines, trace.Malformed)));
        Assert.Equal([true, true], report.Report.Traces.Select(trace => trace.IsComplete));
        Assert.Equal(4, report.Report.Connections.Closed);
    }

    [Fact]
    public void WhereAPartIsMissingTheTracesAreTwo()
    {
        TraceText[] parts = Rotated("db1", 0);
        ReportOf report = ReportOf.Traces(parts[0], parts[2]);
        Assert.Equal(["continued"], report.Notes);
        Assert.Equal(2, report.Report.Traces.Count);
    }

    [Fact]
    public void ATracerThatWasKilledAndStartedAnewIsAnotherTrace()
    {
        TraceText[] parts = Rotated("db1", 0);
        TraceText anew = new TraceText("db1").Header(30.5).Conn(31, "c").End(40);
        TraceText killed = new TraceText("db1").Header(10).State(11, "b", "CLOSE", "SYN_SENT");
        ReportOf report = ReportOf.Traces(parts[0], killed, anew);
        Assert.Equal(["no-end"], report.Notes);
        Assert.Equal([2, 1], report.Report.Traces.Select(trace => trace.Files.Count));
    }

    [Fact]
    public void RatesAreOfAllTheTimeThatAHostWasTraced()
    {
        ReportOf report = ReportOf.Traces(
            new TraceText().Header(0).Conn(1, "a").Conn(2, "b").End(10), new TraceText().Header(100).Conn(101, "a").Conn(102, "b").End(110));
        Assert.Equal(4 / 20.0, report.Report.Pools.Single().ConnectionsPerSecond);
        Assert.Equal(4, report.Report.Pools.Single().Connections);
    }

    [Fact]
    public void TheTimeLineBeginsWithTheFirstHeader()
    {
        ReportOf report = ReportOf.Traces(new TraceText("web").Header(0).Conn(20, "a").End(30), new TraceText("db").Header(1).Conn(5, "a").End(30));
        long[] closed = report.Report.TimeLine.Closed;
        Assert.Equal([5, 20], Enumerable.Range(0, closed.Length).Where(i => closed[i] > 0));
        Assert.Equal(UnixTime.From(TraceText.BeginNs), report.Report.TimeLine.Begin);
    }

    [Fact]
    public void ATraceOfNothingHasATimeLineThatBeginsWithIt()
    {
        ReportOf report = ReportOf.Traces(new TraceText().Header(7).End(9));
        Assert.Equal(UnixTime.From(TraceText.BeginNs + 7_000_000_000), report.Report.TimeLine.Begin);
        Assert.Empty(report.Report.TimeLine.Opened);
    }

    /// <summary>Three files with a connection in the first two, one that spans all three, and one that stays open.</summary>
    private static TraceText[] Rotated(string host, double begin) =>
    [
        new TraceText(host).Header(begin).State(begin + 1, "a", "CLOSE", "SYN_SENT").State(begin + 2, "b", "CLOSE", "SYN_SENT").End(begin + 10, isContinued: true, unmatched: 1),
        new TraceText(host).Header(begin + 10).Conn(begin + 11, "a").Lost(begin + 11, 3).End(begin + 20.1, isContinued: true, ring: 3),
        new TraceText(host).Header(begin + 20.2).TimeWait(begin + 21, "a").Conn(begin + 22, "b").State(begin + 23, "c", "CLOSE", "SYN_SENT").End(begin + 30),
    ];

    private static TraceText Whole(string host, double begin) =>
        new TraceText(host).Header(begin).State(begin + 1, "a", "CLOSE", "SYN_SENT").State(begin + 2, "b", "CLOSE", "SYN_SENT")
            .Conn(begin + 11, "a").Lost(begin + 11, 3).TimeWait(begin + 21, "a").Conn(begin + 22, "b").State(begin + 23, "c", "CLOSE", "SYN_SENT")
            .End(begin + 30, ring: 3, unmatched: 1);

    /// <summary>The same but for what tells of files.</summary>
    private static void AssertSame(ReportOf expected, ReportOf actual)
    {
        foreach (JsonProperty property in expected.Json.EnumerateObject())
        {
            if (property.Name is not ("traces" or "notes"))
                Assert.Equal(property.Value.ToString(), actual.Json.GetProperty(property.Name).ToString());
        }
        Assert.Equal(expected.Report.Traces.Select(trace => (trace.Begin, trace.End, trace.Lost, trace.Unmatched)),
            actual.Report.Traces.Select(trace => (trace.Begin, trace.End, trace.Lost, trace.Unmatched)));
    }
}

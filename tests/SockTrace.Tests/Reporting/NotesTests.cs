using System.Text.Json.Nodes;
using SockTrace.Reporting;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reporting;

/// <summary>Each note appears when there is reason, and only then.</summary>
public sealed class NotesTests
{
    private static TraceText Plain => new TraceText().Header().Conn(1, "a");

    [Fact]
    public void AWholeTraceNeedsNone() => Assert.Empty(ReportOf.Traces(Plain.End(10)).Notes);

    [Fact]
    public void WithoutAHeader() => AssertNote(
        "no-header", "0.ndjson has no header: host, source and settings are not known, and more of its begin may be missing.", new TraceText().Conn(1, "a").End(10));

    [Fact]
    public void OfANewerSchema() => AssertNote(
        "newer-schema", "0.ndjson is of schema 2, newer than this program's 1: what it does not know is left out.",
        new TraceText().Header(schema: 2).Record("unheard_of", 1, ("ts", 4)).Conn(1, "a").End(10));

    [Fact]
    public void WithLosses() => AssertNote(
        "lost", "0.ndjson: 12 events were lost (ring 5, kernel 0, queue 0, table 7); counts are too low by about that.",
        Plain.Lost(2, 5).Lost(3, 7, "table").End(10, ring: 3));

    [Fact]
    public void WithGarbageInTheMiddle() => AssertNote(
        "malformed", "0.ndjson: 2 lines of 5 could not be read and were left out.", Plain.Raw("{garbage").Raw("}").End(10));

    [Fact]
    public void WithoutAnEnd() => AssertNote(
        "no-end", "0.ndjson has no end: the tracer was killed or still runs, so connections may have closed later, and its own count of losses is missing.", Plain);

    [Fact]
    public void WithoutAnEndNobodyKnowsWhatWasLost()
    {
        Assert.Contains(", losses not known", ReportOf.Traces(Plain).Text, StringComparison.Ordinal);
        Assert.Contains(", none lost", ReportOf.Traces(Plain.End(10)).Text, StringComparison.Ordinal);
        Assert.Contains(", 5 lost", ReportOf.Traces(Plain.Lost(2, 5)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void GoingOnInAnotherFileThatIsMissing() => AssertNote(
        "continued", "0.ndjson goes on in another file, which was not given: connections may have closed there.", Plain.End(10, isContinued: true));

    [Fact]
    public void CutOffWithinALine()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("torn"), Plain + "{\"type\":\"end\",\"ts\":");
        ReportOf report = ReportOf.Files([folder.File("torn")]);
        Assert.Equal(["torn", "no-end"], report.Notes);
        Assert.Equal(1, report.Report.Connections.Closed);
    }

    [Fact]
    public void OfAFilteredTrace() => AssertNote(
        "filters", "0.ndjson was recorded with --port 3306: other connections use the same ports and are not in it.",
        new TraceText().Header(filters: "--port 3306").Conn(1, "a").End(10));

    [Fact]
    public void OfATraceOfOneNamespaceWhosePortsAreItsOwn() => AssertNote(
        "filters", "0.ndjson was recorded with --netns web: other network namespaces, which have ports of their own, are not in it.",
        new TraceText().Header(filters: "--netns web").Conn(1, "a").End(10));

    [Fact]
    public void OfAnInferredAndAPolledTrace()
    {
        ReportOf report = ReportOf.Traces(new TraceText().Header(source: "proc", timeWait: "inferred").Conn(1, "a").End(10));
        Assert.Equal(["inferred", "polled"], report.Notes);
        Assert.EndsWith("TIME_WAIT was inferred and not measured (source proc).", report.Report.Notes[0].Text, StringComparison.Ordinal);
        Assert.EndsWith("was polled (source proc): short connections are missing, and times are true to the poll interval.", report.Report.Notes[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void WithAClockThatRanBackwards()
    {
        AssertNote("clock", "0.ndjson: the wall clock was set back 2 times, by up to 90.0 s; durations are not affected, time lines are.",
            new TraceText().Header(100).Conn(101, "a").Conn(11, "b").Conn(12, "c").Conn(10, "d").End(110));
        // Between processors, and within a second, times may be out of order.
        Assert.Empty(ReportOf.Traces(new TraceText().Header(100).Conn(101, "a").Conn(100.001, "b").End(102)).Notes);
    }

    [Fact]
    public void WithAnAuditThatDoesNotAgree()
    {
        static JsonArray Audit(long seen, string? because) => [new JsonObject
        {
            ["netns"] = 7,
            ["kernel"] = new JsonObject { ["TW"] = 5, ["ActiveOpens"] = 3 },
            ["trace"] = new JsonObject { ["TW"] = seen, ["ActiveOpens"] = 3 },
            ["because"] = because ?? "filters",
        }];
        JsonArray unexplained = Audit(4, null);
        unexplained[0]!.AsObject().Remove("because");
        AssertNote("audit", "0.ndjson: in network namespace 7 the kernel counted otherwise than the trace: TW 5 against 4.", Plain.End(10, audit: unexplained));
        Assert.Empty(ReportOf.Traces(Plain.End(10, audit: Audit(4, "filters"))).Notes);
        Assert.Empty(ReportOf.Traces(Plain.End(10, audit: Audit(5, "losses"))).Notes);
    }

    [Fact]
    public void OfTwoHostsWithOneBootId()
    {
        ReportOf report = ReportOf.Traces(new TraceText("web").Header().Conn(1, "a").End(10), new TraceText("db").Header().Conn(1, "a").End(10));
        Assert.Equal(["same-boot-id"], report.Notes);
        Assert.StartsWith("The hosts web and db have the same boot id c1bb4d53", report.Report.Notes[0].Text, StringComparison.Ordinal);
        Assert.Equal(["web", "db"], report.Report.Groups.Single(group => group.By == "host").Groups.Select(group => group.Key));
        Assert.Empty(ReportOf.Traces(new TraceText("web", "1").Header().End(10), new TraceText("db", "2").Header().End(10)).Notes);
    }

    [Fact]
    public void OfTwoTracesOfTheSameTime()
    {
        TraceText filtered = new TraceText().Header(5, filters: null, version: "1.2.4").Conn(6, "a").End(8);
        Assert.Equal(["overlap"], ReportOf.Traces(Plain.End(10), filtered).Notes);
        Assert.Empty(ReportOf.Traces(Plain.End(4), filtered).Notes);
        // The third lies within the first, and not within the second.
        TraceText third = new TraceText().Header(9, version: "1.2.5").End(9.5);
        Assert.Equal(["overlap", "overlap"], ReportOf.Traces(Plain.End(10), filtered, third).Notes);
    }

    [Fact]
    public void WithMoreOpenThanAReportFollows()
    {
        const int Followed = 262_144;
        var trace = new TraceText().Header();
        for (int i = 0; i < Followed + 3; i++)
        {
            string id = i.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
            trace.Raw($$"""{"type":"state","ts":"2026-11-23T11:52:20.000000000Z","id":"{{id}}","netns":1,"family":"ipv4","old":"CLOSE","new":"SYN_SENT"}""");
            trace.Raw($$"""{"type":"state","ts":"2026-11-23T11:52:20.000000000Z","id":"{{id}}","netns":1,"family":"ipv4","old":"SYN_SENT","new":"ESTABLISHED"}""");
        }
        ReportOf report = ReportOf.Traces(trace.End(30), new TraceText().Header(40).State(41, "1", "CLOSE", "SYN_SENT").End(42));
        Assert.Equal(["not-followed"], report.Notes);
        Assert.Contains("; 3 of them are not among those open at the end.", report.Report.Notes[0].Text, StringComparison.Ordinal);
        Assert.Equal(Followed + 1, report.Report.OpenAtEnd);
    }

    [Fact]
    public void WithMoreGroupsOrPoolsThanAReportHolds()
    {
        var groups = new TraceText().Header();
        for (int i = 0; i < 1025; i++)
            groups.Conn(1, "a", comm: $"p{i}", role: "server");
        Assert.Equal(["merged-groups"], ReportOf.Traces(groups.End(10)).Notes);
        var pools = new TraceText().Header();
        for (int i = 0; i < 2049; i++)
            pools.Conn(1, "a", laddr: $"10.0.{i >> 8}.{i & 255}");
        Assert.Equal(["pools"], ReportOf.Traces(pools.End(10)).Notes);
    }

    private static void AssertNote(string id, string text, TraceText trace)
    {
        ReportOf report = ReportOf.Traces(trace);
        Note note = Assert.Single(report.Report.Notes);
        Assert.Equal(id, note.Id);
        Assert.EndsWith(text, note.Text, StringComparison.Ordinal);
        Assert.Equal(id, report.Json.GetProperty("notes")[0].GetProperty("id").GetString());
    }
}

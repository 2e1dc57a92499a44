using System.Text.Json;
using SockTrace.Reporting;
using SockTrace.Tests.Reporting;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>The case that SockTrace was born from, to its end: a connection a query, until no port is left.</summary>
public sealed class ExhaustionTests(ExhaustionRun run) : IClassFixture<ExhaustionRun>
{
    private const int Ports = ExhaustionRun.Ports, Queries = ExhaustionRun.Queries;

    [Fact]
    public void WhoEmptiesThePoolIsNamedBeforeAndEveryFailureIsTold()
    {
        (long pid, long failures, string lines) = (run.Pid, run.Failures, run.Lines);
        var trace = RecordedTrace.Read(run.Path);
        trace.AssertWhole();
        Assert.Equal(Queries - Ports, failures);
        JsonElement[] exhausted = [.. trace.OfType("port_exhausted")];
        Assert.Equal(failures, exhausted.Length);
        Assert.All(exhausted, record =>
        {
            Assert.Equal((pid, "scenarios"), (record.Number("pid"), record.Text("comm")));
            Assert.Equal(("127.0.0.1", (long?)MariaDb.Port), (record.Text("raddr"), record.Number("rport")));
            Assert.Equal((Ports, Ports), (record.Number("pool"), record.Number("taken")));
        });
        Assert.Equal(failures, lines.Split("NO PORT LEFT").Length - 1);

        DateTime firstFailure = exhausted[0].GetProperty("ts").GetDateTime();
        JsonElement[] warnings = [.. trace.OfType("stats").Where(stats => stats.GetProperty("ts").GetDateTime() < firstFailure)
            .SelectMany(stats => stats.GetProperty("pools").EnumerateArray())
            .Where(pool => pool.Number("netns") == run.Netns && pool.Number("empty_in_ns") is > 0)];
        Assert.NotEmpty(warnings);
        Assert.All(warnings, pool =>
        {
            Assert.Equal((pid, "scenarios", Ports), (pool.Number("pid"), pool.Text("comm"), pool.Number("size")));
            Assert.Equal(Ports / 60.0, pool.GetProperty("sustainable_per_s").GetDouble(), 0.05);
        });
        Assert.Contains("200 ports taken, all in", lines, StringComparison.Ordinal);
    }

    [Fact]
    public void AReportOnItHasEveryNumberRightAndSaysWhatHappened()
    {
        EveryNumberTests.Check(run.Path);

        ReportOf report = ReportOf.Files([run.Path], GroupBy.Destination, GroupBy.Process);
        Finding finding = report.Finding("pool-exhausted");
        Assert.Equal(Finding.Critical, finding.Severity);
        Assert.Equal($"scenarios ran out of ports to 127.0.0.1:{MariaDb.Port}: {run.Failures} connect()s failed", finding.Title);
        Assert.Contains($"The pool has {Ports} ports", finding.Text, StringComparison.Ordinal);
        Assert.Contains($"At most {Ports} were taken at once, ", finding.Text, StringComparison.Ordinal);
        Assert.Same(finding, report.Report.Findings[0]);
        Assert.Equal((run.Failures, "scenarios"), (report.Report.PortExhausted, report.Report.Pools[0].Comm));
    }
}

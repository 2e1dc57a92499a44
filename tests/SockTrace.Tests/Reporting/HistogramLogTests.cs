using System.Text;
using System.Text.Json;
using CsCheck;
using SockTrace.Reporting;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reporting;

/// <summary>The HdrHistogram log against the report, by way of an implementation that is not ours.</summary>
public sealed class HistogramLogTests
{
    [Fact]
    public void SomebodyElsesReaderFindsTheSameDistributions()
    {
        HistogramReader.Require();
        Gen.Int.Sample(seed =>
        {
            using var folder = new TempFolder();
            string path = folder.File("trace.ndjson");
            File.WriteAllText(path, RandomTrace.Make(new Random(seed), connections: 400).ToString());
            AssertSame(ReportOf.Files([path], GroupBy.Destination, GroupBy.Process));
        }, iter: 5, threads: 1);
    }

    [Fact]
    public void TheEdgesOfTheRangeAreRead()
    {
        HistogramReader.Require();
        var trace = new TraceText().Header();
        // Where JavaScript's own numbers end: 2^53 ns are 104 days.
        const long Longest = 9_000_000_000_000_000;
        foreach (long ns in (long[])[0, 1, 2047, 2048, 2049, 4095, 4096, 1_000_000_007, Longest - 1, Longest])
            trace.Conn(1, "a", lifetimeNs: ns, connectNs: null, establishedNs: null, srttUs: null, states: []);
        ReportOf report = ReportOf.Traces(trace.End(10));
        JsonElement read = HistogramReader.Read(HistogramLog.Write(report.Builder)).First(histogram => histogram.Text("tag") == "lifetime");
        Assert.Equal((10, 1), (read.Number("count"), read.Number("min")));
        AssertNear(Longest, read.Number("max")!.Value);
    }

    [Fact]
    public void ALogIsUtf8AndSaysWhen()
    {
        string[] lines = Encoding.UTF8.GetString(HistogramLog.Write(ReportOf.Traces(new TraceText().Header().Conn(1, "a", comm: "a, \"b\"\u001b ünï").End(10)).Builder)).Split('\n');
        Assert.Equal("#[Histogram log format version 1.3]", lines[0]);
        Assert.Equal("#[StartTime: 1795434733.000 (seconds since epoch), 2026-11-23T11:52:13.000Z]", lines[1]);
        Assert.Equal("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"", lines[2]);
        Assert.Contains(lines, line => line.StartsWith("Tag=connect/a___b___ünï,1795434733.000,10.000,0.050,", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("Tag=lifetime/10.0.0.2:3306,", StringComparison.Ordinal));
    }

    private static void AssertSame(ReportOf report)
    {
        JsonElement[] read = HistogramReader.Read(HistogramLog.Write(report.Builder));
        var expected = report.Report.Metrics.Select(metric => (metric.Key, metric.Value)).ToList();
        foreach (GroupReport group in report.Report.Groups.SelectMany(grouping => grouping.Groups))
            expected.AddRange(group.Metrics.Select(metric => ($"{metric.Key}/{group.Key.Replace(' ', '_')}", metric.Value)));
        Assert.Equal(expected.Select(distribution => distribution.Item1), read.Select(histogram => histogram.Text("tag")));
        foreach ((Distribution ours, JsonElement theirs) in expected.Select(distribution => distribution.Item2).Zip(read))
        {
            Assert.Equal(ours.Count, theirs.Number("count"));
            AssertNear(ours.MaxNs, theirs.Number("max")!.Value);
            // Theirs leaves 0 out of account.
            if (ours.MinNs > 0)
                AssertNear(ours.MinNs, theirs.Number("min")!.Value);
            foreach ((long expectedNs, string name) in (ReadOnlySpan<(long, string)>)[(ours.P50Ns, "p50"), (ours.P90Ns, "p90"), (ours.P99Ns, "p99"), (ours.P999Ns, "p999")])
                AssertNear(expectedNs, theirs.Number(name)!.Value);
        }
    }

    private static void AssertNear(long expected, long actual) => Assert.InRange(actual, expected * 0.999, expected * 1.001);
}

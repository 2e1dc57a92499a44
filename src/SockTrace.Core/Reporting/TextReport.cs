using System.Globalization;

namespace SockTrace.Reporting;

/// <summary>A report as text, for a terminal or a mail.</summary>
internal static class TextReport
{
    private const int MaxGroups = 20, MaxPools = 10, MaxTimeRows = 24, MaxHistogramRows = 32, BarWidth = 40;

    public static byte[] Write(Report report)
    {
        var page = new TextPage();
        WriteTop(page, report);
        WriteFindings(page, report.Findings);
        WriteConnections(page, report);
        WriteMetrics(page, report.Metrics);
        foreach (GroupingReport grouping in report.Groups)
            WriteGroups(page, grouping);
        WritePools(page, report.Pools);
        WriteTimeLine(page, report.TimeLine);
        foreach ((string name, Distribution distribution) in report.Metrics)
            WriteHistogram(page, name, distribution);
        return page.ToUtf8();
    }

    private static void WriteTop(TextPage page, Report report)
    {
        string hosts = string.Join(", ", report.Traces.Select(trace => trace.Header?.Host ?? "an unknown host").Distinct());
        page.Line($"socktrace report: {hosts}, {Time(report.Begin)} to {Time(report.End)} UTC ({Words.Duration((report.End - report.Begin).Ticks * 100)})");
        foreach (TraceSummary trace in report.Traces)
        {
            page.Line($"  {string.Join(", ", trace.Files.Select(Reading.TraceFile.Show))}: {trace.Lines} lines, source {trace.Header?.Source ?? "unknown"}, "
                + $"TIME_WAIT {trace.Header?.TimeWait ?? "unknown"}, kernel {trace.Header?.Kernel ?? "unknown"}, {(trace.Lost.All > 0 ? $"{trace.Lost.All} lost" : trace.IsComplete ? "none lost" : "losses not known")}");
        }
        if (report.Notes.Count > 0)
            page.Heading("Before you believe the numbers");
        foreach (Note note in report.Notes)
            page.Paragraph(note.Text, "  ! ", "    ");
    }

    private static void WriteFindings(TextPage page, IReadOnlyList<Finding> findings)
    {
        page.Heading("Findings");
        if (findings.Count == 0)
            page.Line("  none: no pool was near its end, and no more connections failed than usual");
        var given = new HashSet<string>();
        foreach (Finding finding in findings)
        {
            page.Paragraph($"{finding.Title} [{finding.Id}]", $"  {finding.Severity.ToUpperInvariant(),-8}  ", "            ");
            page.Paragraph(finding.Text, "            ", "            ");
            foreach (string advice in finding.Advice.Where(given.Add))
                page.Paragraph(advice, "            - ", "              ");
        }
    }

    private static void WriteConnections(TextPage page, Report report)
    {
        ConnectionCounts counts = report.Connections;
        page.Heading("Connections");
        page.Line($"  opened {report.Opened}, closed {counts.Closed}, failed {counts.Failed}, open at the end {report.OpenAtEnd}, without a port {report.PortExhausted}");
        WriteCounts(page, "role", counts.ByRole);
        WriteCounts(page, "close reason", counts.ByReason);
        WriteCounts(page, "closed by", counts.ByCloser);
        WriteCounts(page, "TIME_WAIT ended", counts.TimeWaits);
        page.Line($"  bytes sent {counts.BytesSent}, received {counts.BytesReceived}; segments sent again {counts.Retransmits}, on {Words.Count(counts.Retransmitting, "connection")}");
    }

    private static void WriteCounts(TextPage page, string what, IReadOnlyDictionary<string, long> counts)
    {
        if (counts.Count > 0)
            page.Line($"  {what}: {string.Join(", ", counts.OrderByDescending(count => count.Value).Select(count => $"{count.Key} {count.Value}"))}");
    }

    private static void WriteMetrics(TextPage page, IReadOnlyDictionary<string, Distribution> metrics)
    {
        if (metrics.Count == 0)
            return;
        page.Heading("Times");
        page.Table([["", "count", "min", "p50", "p90", "p99", "p99.9", "max"], .. metrics.Select(metric => Row(metric.Key, metric.Value))]);
        if (metrics.Values.FirstOrDefault(metric => metric.Inferred > 0) is { } timeWait)
            page.Line($"  {timeWait.Inferred} of the {timeWait.Count} TIME_WAITs were inferred and not measured");
    }

    private static string[] Row(string name, Distribution of) =>
    [
        name, Number(of.Count), Words.Duration(of.MinNs), Words.Duration(of.P50Ns), Words.Duration(of.P90Ns), Words.Duration(of.P99Ns),
        Words.Duration(of.P999Ns), Words.Duration(of.MaxNs),
    ];

    private static void WriteGroups(TextPage page, GroupingReport grouping)
    {
        GroupReport[] groups = [.. grouping.Groups.Take(MaxGroups)];
        int hidden = grouping.Groups.Count - groups.Length;
        page.Heading($"By {grouping.By}{(hidden > 0 ? $" (the {groups.Length} largest of {grouping.Groups.Count})" : "")}");
        if (groups.Length == 0)
            return;
        page.Table(
        [
            ["", "closed", "failed", "retrans", "connect p50", "p99", "established p50", "p99", "lifetime p50", "p99", "TIME_WAITs ended"],
            .. groups.Concat(grouping.Others is null ? [] : [grouping.Others]).Select(group => (string[])
            [
                group.Key, Number(group.Connections.Closed), Number(group.Connections.Failed), Number(group.Connections.Retransmits),
                .. Cells(group, Metric.Connect), .. Cells(group, Metric.Established), .. Cells(group, Metric.Lifetime),
                Number(group.Connections.AllTimeWaits),
            ]),
        ]);
    }

    private static IEnumerable<string> Cells(GroupReport group, Metric metric) =>
        group.Metrics.GetValueOrDefault(Metrics.Name(metric)) is { } of ? [Words.Duration(of.P50Ns), Words.Duration(of.P99Ns)] : ["", ""];

    private static void WritePools(TextPage page, IReadOnlyList<PoolReport> pools)
    {
        if (pools.Count == 0)
            return;
        page.Heading($"Pools of local ports{(pools.Count > MaxPools ? $" (the {MaxPools} fullest and busiest of {pools.Count})" : "")}");
        page.Table(
        [
            ["", "size", "taken", "TIME_WAIT", "sustains/s", "opened/s", "connections", "without a port", "mostly of"],
            .. pools.Take(MaxPools).Select(pool => (string[])
            [
                $"{pool.Laddr} -> {(pool.Raddr.Contains(':') ? $"[{pool.Raddr}]" : pool.Raddr)}:{pool.Rport}", Number(pool.Size), Number(pool.TakenMax),
                Number(pool.TimeWaitMax), pool.SustainablePerSecond is double bearable ? Words.Number(bearable) : "",
                Words.Number(pool.OpenedPerSecondMax ?? pool.ConnectionsPerSecond), Number(pool.Connections), Number(pool.PortExhausted), pool.Comm ?? "",
            ]),
        ]);
    }

    private static void WriteTimeLine(TextPage page, TimeLineReport line)
    {
        int merged = (line.Opened.Length + MaxTimeRows - 1) / MaxTimeRows;
        if (merged == 0)
            return;
        page.Heading($"Over time (steps of {Words.Duration(line.StepNs * merged)})");
        var rows = new List<string[]> { (string[])["", "opened", "closed", "failed", "live", "TIME_WAIT"] };
        for (int i = 0; i < line.Opened.Length; i += merged)
        {
            Range step = i..Math.Min(i + merged, line.Opened.Length);
            rows.Add(
            [
                Time(line.Begin.AddTicks(line.StepNs / 100 * i)), Number(line.Opened[step].Sum()), Number(line.Closed[step].Sum()),
                Number(line.Failed[step].Sum()), Level(line.Live[step].Max()), Level(line.TimeWait[step].Max()),
            ]);
        }
        page.Table(rows);
    }

    private static void WriteHistogram(TextPage page, string name, Distribution distribution)
    {
        Metric metric = Metrics.All.First(metric => Metrics.Name(metric) == name);
        List<long[]> buckets = Coarser(distribution.Buckets!);
        long highest = buckets.Max(bucket => bucket[2]);
        page.Heading($"{name}: {Metrics.Meaning(metric)}");
        page.Table([.. buckets.Select(bucket => (string[])
        [
            "", Words.Duration(bucket[0]), "to", Words.Duration(bucket[1]), Number(bucket[2]),
            $"|{new string('*', (int)(bucket[2] * BarWidth / highest)).PadRight(BarWidth)}|",
        ])]);
    }

    /// <summary>Whole octaves, where quarters are too many to look at.</summary>
    private static List<long[]> Coarser(IReadOnlyList<long[]> buckets)
    {
        if (buckets.Count <= MaxHistogramRows)
            return [.. buckets];
        var octaves = new List<long[]>();
        foreach (long[] bucket in buckets)
        {
            long from = bucket[0] == 0 ? 0 : 1L << (63 - (int)long.LeadingZeroCount(bucket[0]));
            if (octaves.Count > 0 && octaves[^1][0] == from)
                octaves[^1][2] += bucket[2];
            else
                octaves.Add([from, Math.Max(1, from * 2), bucket[2]]);
        }
        return octaves;
    }

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Level(long value) => value < 0 ? "" : Number(value);
}

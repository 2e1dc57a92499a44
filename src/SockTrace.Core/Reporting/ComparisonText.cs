namespace SockTrace.Reporting;

/// <summary>A comparison as text.</summary>
internal static class ComparisonText
{
    public static byte[] Write(Comparison comparison)
    {
        var page = new TextPage();
        page.Line("socktrace report: before and after");
        WriteTop(page, "before", comparison.Before);
        WriteTop(page, "after", comparison.After);
        page.Line();
        page.Table(
        [
            ["", "before", "after", "ratio", ""],
            .. comparison.Changes.Select(change => (string[])
            [
                change.Name + (change.Unit == "per_s" ? " /s" : ""), Value(change.Unit, change.Before), Value(change.Unit, change.After),
                change.Ratio is double ratio ? ratio.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture) : "", change.Verdict,
            ]),
        ]);
        WriteFindings(page, "Gone", comparison.Before, comparison.After);
        WriteFindings(page, "New", comparison.After, comparison.Before);
        return page.ToUtf8();
    }

    private static void WriteTop(TextPage page, string which, Report report)
    {
        page.Line($"  {which}: {string.Join(", ", report.Traces.SelectMany(trace => trace.Files).Select(Reading.TraceFile.Show))}, "
            + $"{Words.Duration((report.End - report.Begin).Ticks * 100)}, {Words.Count(report.Opened, "connection")}");
        foreach (Note note in report.Notes)
            page.Paragraph(note.Text, "    ! ", "      ");
    }

    /// <summary>Findings of one that the other has none of the same kind and title of.</summary>
    private static void WriteFindings(TextPage page, string heading, Report of, Report other)
    {
        Finding[] findings = [.. of.Findings.Where(finding => !other.Findings.Any(same => same.Id == finding.Id))];
        if (findings.Length > 0)
            page.Heading($"{heading}");
        foreach (Finding finding in findings)
            page.Paragraph($"{finding.Title} [{finding.Id}]", $"  {finding.Severity.ToUpperInvariant(),-8}  ", "            ");
    }

    private static string Value(string unit, double? value) => value switch
    {
        null => "",
        double ns when unit == "ns" => Words.Duration((long)ns),
        double share when unit == "ratio" => Words.Share((long)(share * 1000), 1000),
        double number => Words.Number(number),
    };
}

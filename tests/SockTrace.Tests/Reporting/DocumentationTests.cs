using System.Text.RegularExpressions;
using SockTrace.Reporting;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reporting;

/// <summary>docs/report.md names whatever a report may say.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Documentation = File.ReadAllText(Paths.InRepository("docs/report.md"));

    [Fact]
    public void EveryFindingIsInTheDocumentation() => AssertNamed(
        Sources("Findings.cs", "PoolFinding.cs").SelectMany(source => FindingId().Matches(source).SelectMany(match => QuotedId().Matches(match.Value)))
            .Select(match => match.Groups[1].Value).Where(id => id.Contains('-', StringComparison.Ordinal) || id is "retransmits" or "resets" or "orphans").ToHashSet(), atLeast: 14);

    [Fact]
    public void EveryNoteIsInTheDocumentation() => AssertNamed(
        [.. Sources("Notes.cs").SelectMany(source => NoteId().Matches(source)).Select(match => match.Groups[1].Value)], atLeast: 15);

    [Fact]
    public void EveryPropertyOfTheJsonIsInTheDocumentation()
    {
        AssertNamed(JsonNames.Of(ReportJson.Default, typeof(Report), typeof(Comparison)), atLeast: 70);
    }

    [Fact]
    public void EveryPieceOfEvidenceIsInTheDocumentation() => AssertNamed(
        [.. Sources("Findings.cs", "PoolFinding.cs").SelectMany(source => EvidenceName().Matches(source)).Select(match => match.Groups[1].Value)], atLeast: 20);

    [Fact]
    public void EveryMetricIsInTheDocumentation() => AssertNamed([.. Metrics.All.Select(Metrics.Name)], atLeast: 12);

    private static void AssertNamed(ICollection<string> names, int atLeast)
    {
        Assert.True(names.Distinct().Count() >= atLeast, $"only {string.Join(", ", names)}: the source is written otherwise now");
        Assert.All(names.Distinct(), name => Assert.True(Documentation.Contains($"`{name}`", StringComparison.Ordinal), $"`{name}` is not in docs/report.md"));
    }

    private static IEnumerable<string> Sources(params string[] names) =>
        names.Select(name => File.ReadAllText(Paths.InRepository($"src/SockTrace.Core/Reporting/{name}")));

    /// <summary>What stands where a finding's id is given.</summary>
    [GeneratedRegex("""(?:new Finding\(|CloseReason\.\w+, )\s*[^;]*?(?=Finding\.(?:Critical|Warning|Info)|,\s*"(?:were|found))""")]
    private static partial Regex FindingId();

    [GeneratedRegex("\"([a-z]+(?:-[a-z]+)*)\"")]
    private static partial Regex QuotedId();

    [GeneratedRegex("new Note\\(\"([a-z-]+)\"")]
    private static partial Regex NoteId();

    [GeneratedRegex("\\(\"([a-z_]+)\", ")]
    private static partial Regex EvidenceName();
}

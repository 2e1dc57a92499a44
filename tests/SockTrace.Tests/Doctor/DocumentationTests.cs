using System.Text.RegularExpressions;
using SockTrace.Doctor;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Doctor;

/// <summary>docs/doctor.md names what there is, and nothing else.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Documentation = File.ReadAllText(Paths.InRepository("docs/doctor.md"));

    [Fact]
    public void EveryFieldOfTheExaminationIsDocumented() =>
        AssertSame(JsonNames.Of(DoctorJson.Default, typeof(DoctorReport)), NamedUnder("Fields"));

    [Fact]
    public void EveryFieldOfTheMeasurementIsDocumented() =>
        AssertSame(JsonNames.Of(DoctorJson.Default, typeof(TimeWaitReport)), NamedUnder("Fields of the measurement"));

    [Fact]
    public void EveryEndingOfTheMeasurementIsDocumented() => AssertSame(
        [TimeWaitSpan.Expired, TimeWaitSpan.Early, TimeWaitSpan.Reused, TimeWaitSpan.NotMade, TimeWaitSpan.Overdue, TimeWaitSpan.Interrupted],
        NamedUnder("How it ended"));

    [Fact]
    public void EveryCheckIsDocumentedInItsOrder()
    {
        var ids = new List<string>();
        foreach (string file in (string[])["HostChecks.cs", "TraceChecks.cs", "ReachChecks.cs"])
        {
            string source = File.ReadAllText(Paths.InRepository($"src/SockTrace.Core/Doctor/{file}"));
            ids.AddRange(CheckId().Matches(source).Select(match => match.Groups[1].Value));
        }
        Assert.True(ids.Distinct().Count() >= 18, $"only {string.Join(", ", ids)}: the source is written otherwise now");
        string[] documented = NamedUnder("Checks");
        AssertSame(ids, documented);
        Assert.All(SomeHost.All, facts =>
        {
            string[] shown = [.. Judge.Of(facts, "socktrace").Checks.Select(check => check.Id)];
            Assert.Equal(documented.Where(shown.Contains), shown);
        });
    }

    /// <summary>What the first column of the tables under a heading says, up to the next one.</summary>
    private static string[] NamedUnder(string heading)
    {
        string section = Documentation.Split("\n## ").Single(text => text.StartsWith(heading + "\n", StringComparison.Ordinal));
        return [.. section.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => Quoted().Matches(line.Split('|')[1])).Select(match => match.Groups[1].Value)];
    }

    private static void AssertSame(IEnumerable<string> produced, string[] documented) =>
        Assert.Equal(produced.Distinct().Order(StringComparer.Ordinal), documented.Distinct().Order(StringComparer.Ordinal));

    [GeneratedRegex("new Check\\(\"([a-z_]+)\"")]
    private static partial Regex CheckId();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Quoted();
}

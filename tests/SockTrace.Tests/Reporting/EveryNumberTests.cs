using CsCheck;
using SockTrace.Reporting;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reporting;

/// <summary>Every number of a report against SQL over the same file.</summary>
public sealed class EveryNumberTests
{
    [Fact]
    public void EveryNumberOfARandomTraceIsWhatSqlComputes() => Gen.Int.Sample(seed =>
    {
        using var folder = new TempFolder();
        string path = folder.File("trace.ndjson");
        File.WriteAllText(path, RandomTrace.Make(new Random(seed), connections: 300).ToString());
        Check(path);
    }, iter: 15, threads: 1);

    /// <summary>Reports on it, and holds all numbers against SQL's.</summary>
    internal static void Check(string path)
    {
        using var sql = new TraceSql(path);
        new ExpectedReport(sql).Check(ReportOf.Files([path], GroupBy.Destination, GroupBy.Process, GroupBy.Netns).Json);
    }
}

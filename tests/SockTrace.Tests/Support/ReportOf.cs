using System.Text;
using System.Text.Json;
using SockTrace.Reading;
using SockTrace.Reporting;

namespace SockTrace.Tests.Support;

/// <summary>A report on traces that a test has written.</summary>
internal sealed class ReportOf
{
    private ReportOf(ReportBuilder builder)
    {
        Builder = builder;
        Report = ReportMaker.Make(builder, "1.2.3");
        Json = JsonElement.Parse(Encoding.UTF8.GetString(ReportJson.Write(Report)));
    }

    public ReportBuilder Builder { get; }
    public Report Report { get; }

    /// <summary>The same, read again by a JSON reader that knows nothing of ours.</summary>
    public JsonElement Json { get; }

    /// <summary>As people read it.</summary>
    public string Text => Encoding.UTF8.GetString(TextReport.Write(Report));

    /// <summary>The notes' ids, in order.</summary>
    public string[] Notes => [.. Report.Notes.Select(note => note.Id)];

    /// <summary>On files, in the order that the program gives them.</summary>
    public static ReportOf Files(IEnumerable<string> paths, params GroupBy[] by)
    {
        var builder = new ReportBuilder(by);
        foreach (string path in TraceFiles.InOrder([.. paths]))
        {
            using var file = new TraceFile(path, _ => { });
            builder.Add(file);
        }
        builder.Finish();
        return new ReportOf(builder);
    }

    /// <summary>On traces in memory, each a file of its own.</summary>
    public static ReportOf Traces(params TraceText[] traces)
    {
        using var folder = new TempFolder();
        return Files(traces.Select((trace, i) =>
        {
            string path = folder.File($"{i}.ndjson");
            File.WriteAllText(path, trace.ToString());
            return path;
        }), GroupBy.Destination, GroupBy.Process, GroupBy.Netns, GroupBy.Host);
    }

    public Finding Finding(string id) => Report.Findings.Single(finding => finding.Id == id);
}

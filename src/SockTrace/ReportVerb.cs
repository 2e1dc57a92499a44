using System.CommandLine;
using SockTrace.Output;
using SockTrace.Reading;
using SockTrace.Reporting;

namespace SockTrace;

/// <summary><c>socktrace report</c>: latency histograms and findings from traces.</summary>
internal static class ReportVerb
{
    public static Verb Create()
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Traces, compressed or not; - is standard input",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<ReportFormat> format = WordOption.One<ReportFormat>("--format",
            "Text for people, JSON for programs, a page for a browser (html), or an HdrHistogram log (hgrm) [default: text]");
        Option<GroupBy[]> by = WordOption.Several<GroupBy>("--by",
            "What connections are put together by; may be given several times [default: destination and process]");
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The file to write; - is standard output [default: -]",
            HelpName = "FILE",
            CustomParser = OptionParsers.OutputPath,
        };
        var force = new Option<bool>("--force") { Description = "Overwrite the file if it exists" };
        var compare = new Option<bool>("--compare") { Description = "Put two traces side by side, from before and after a change" };
        var verb = new Verb("report", "Say what is in traces: findings, latencies, ports",
            about: "Reads traces, compressed or not, as many as you like, and says what is in them: findings in plain words with the numbers that "
                + "they rest on, then latencies, destinations, processes, port pools, and what happened when.",
            examples:
            [
                new("What the trace says", "socktrace report trace.ndjson.zst"),
                new("The same as a page with charts", "socktrace report trace.ndjson.zst --format html -o report.html"),
                new("Several hosts together", "socktrace report web1.ndjson web2.ndjson --by host --by destination"),
                new("Before and after a change", "socktrace report --compare before.ndjson after.ndjson"),
                new("Only the findings, for a script", "socktrace report --format json trace.ndjson | jq .findings"),
            ])
        {
            files, format, by, compare, output, force,
        };
        verb.SetAction(parsed =>
        {
            string[] names = parsed.GetRequiredValue(files);
            GroupBy[] groups = parsed.GetValue(by) is { Length: > 0 } given ? given : [GroupBy.Destination, GroupBy.Process];
            return Run(names, groups, parsed.GetValue(format), parsed.GetValue(compare), parsed.GetValue(output) ?? "-", parsed.GetValue(force));
        });
        return verb;
    }

    private static int Run(string[] names, GroupBy[] by, ReportFormat format, bool isComparison, string path, bool force)
    {
        if (force && path == "-")
        {
            Terminal.Say("--force: needs --output FILE");
            return ExitCode.Usage;
        }
        if (isComparison && names.Length != 2)
        {
            Terminal.Say($"--compare: {names.Length} given; name two traces, before and after");
            return ExitCode.Usage;
        }
        if (isComparison && format is not (ReportFormat.Text or ReportFormat.Json))
        {
            Terminal.Say($"--format {WordOption.NameOf(format)}: a comparison is text or json");
            return ExitCode.Usage;
        }
        try
        {
            if (path != "-")
                OutputFile.ThrowIfItCannotBeCreated(path, force);
            int exitCode = ExitCode.Done;
            byte[] text;
            if (isComparison)
            {
                ReportBuilder? before = Read([names[0]], by, ref exitCode), after = Read([names[1]], by, ref exitCode);
                if (before is null || after is null)
                    return ExitCode.Failed;
                text = ReportFormats.Write(Comparing.Make(ReportMaker.Make(before, ProgramVersion.Text), ReportMaker.Make(after, ProgramVersion.Text)), format);
            }
            else
            {
                if (Read(names, by, ref exitCode) is not { } builder)
                    return ExitCode.Failed;
                text = ReportFormats.Write(builder, ProgramVersion.Text, format);
            }
            using OutputFile output = path == "-" ? OutputFile.StandardOutput() : OutputFile.Create(path, force);
            output.WriteAll(text);
            return exitCode;
        }
        catch (OutputException e)
        {
            if (e.IsClosedPipe)
                return ExitCode.Done;
            Terminal.Say(e.Message);
            return ExitCode.Failed;
        }
    }

    /// <returns>Null where there is nothing to report on.</returns>
    private static ReportBuilder? Read(string[] names, GroupBy[] by, ref int exitCode)
    {
        var builder = new ReportBuilder(by);
        foreach (string name in Expand(names, ref exitCode))
        {
            try
            {
                using var file = new TraceFile(name, new FaultLimit("the report").Say);
                builder.Add(file);
                if (WhyNothing(file) is { } reason)
                {
                    Terminal.Say($"{file.ShownName}: {reason}");
                    exitCode = ExitCode.Failed;
                }
            }
            catch (TraceException e)
            {
                Terminal.Say(e.Message);
                exitCode = ExitCode.Failed;
            }
        }
        builder.Finish();
        return builder.Traces.Count > 0 ? builder : null;
    }

    private static IEnumerable<string> Expand(string[] names, ref int exitCode)
    {
        var files = new List<string>();
        foreach (string name in names)
        {
            try
            {
                files.AddRange(TraceFiles.Expand([name]));
            }
            catch (TraceException e)
            {
                Terminal.Say(e.Message);
                exitCode = ExitCode.Failed;
            }
        }
        return TraceFiles.InOrder([.. files.Distinct()]);
    }

    private static string? WhyNothing(TraceFile file) => file switch
    {
        { Lines: 0, IsTorn: false } => "it is empty: not a trace",
        { Records: 0 } => "no line of it is a record: not a trace",
        _ => null,
    };
}

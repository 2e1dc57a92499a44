using System.CommandLine;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Reading;
using SockTrace.Replay;
using SockTrace.Reporting;
using SockTrace.Screen;
using SockTrace.Tracking;

namespace SockTrace;

/// <summary><c>socktrace replay</c>: a trace as if it were happening now.</summary>
internal static class ReplayVerb
{
    public static Verb Create()
    {
        var file = new Argument<string>("FILE") { Description = "A trace, compressed or not; - is standard input, which is read to its end first" };
        var speed = new Option<double?>("--speed")
        {
            Description = "So many times as fast as it happened, or max for as fast as can be [default: 1]",
            HelpName = "N|max",
            CustomParser = OptionParsers.Speed,
        };
        var from = new Option<TraceTime?>("--from")
        {
            Description = "Begin here: a time such as 2026-11-23T10:12:13Z, or how long after the trace's begin, such as 90s; what was before is run through unseen",
            HelpName = "TIME",
            CustomParser = OptionParsers.Moment,
        };
        var to = new Option<TraceTime?>("--to")
        {
            Description = "End here, likewise",
            HelpName = "TIME",
            CustomParser = OptionParsers.Moment,
        };
        speed.CompletionSources.Add("max");
        Option<int> maxConnections = TraceOptions.MaxConnections();
        var filter = new FilterOptions();
        var verb = new Verb("replay", "Show a trace as live would have shown it",
            about: "Runs a trace through the same pipeline as `socktrace live`, in its own time or faster, with the same filters: a full screen on "
                + "a terminal, elsewhere a line for each transition.",
            examples:
            [
                new("The trace as it happened", "socktrace replay trace.ndjson.zst"),
                new("All of it, as fast as it can be read", "socktrace replay trace.ndjson.zst --speed max"),
                new("Two minutes of it, the connections with port 3306", "socktrace replay trace.ndjson.zst --from 10m --to 12m --port 3306"),
            ])
        {
            file, speed, from, to, maxConnections,
        };
        filter.AddTo(verb);
        verb.SetAction(parsed => Run(parsed.GetRequiredValue(file), parsed.GetValue(speed) ?? 1,
            parsed.GetValue(from), parsed.GetValue(to), filter.Read(parsed), parsed.GetValue(maxConnections)));
        return verb;
    }

    private static int Run(string path, double speed, TraceTime? from, TraceTime? to, TraceFilter filter, int maxConnections)
    {
        try
        {
            using var spool = Spool.OfWhatIsReadOnce(path);
            using var source = new TraceSource(path, speed, from, to, new FaultLimit("the last line").Say, spool?.Path);
            int exitCode = TraceRun.Replay(source, filter, maxConnections, (clock, stop) =>
                [new FromSink(Shown(source, path, filter, clock, stop), source.FromNs)]);
            if (source.DamagedLines > 0)
                Terminal.Say($"{Words.Count(source.DamagedLines, "line")} of {TraceFile.Show(path)} could not be read");
            return exitCode;
        }
        catch (TraceException e)
        {
            Terminal.Say(e.Message);
            return ExitCode.Failed;
        }
    }

    private static ITraceSink Shown(TraceSource source, string path, TraceFilter filter, WallClock clock, CancellationTokenSource stop) =>
        FullScreen.TryOpen(
            new ScreenLabels
            {
                Verb = $"replay {TraceFile.Show(Path.GetFileName(path))}",
                Host = VisibleText.Of(source.Header?.Host ?? "an unknown host"),
                Source = VisibleText.Of(source.Header?.Source ?? "unknown"),
                TimeWait = VisibleText.Of(source.Header?.TimeWait ?? "unknown"),
            },
            filter, clock, stop, staysAtEnd: true)
            ?? (ITraceSink)LiveVerb.Lines(clock, source.Name, new OutputQueue(waits: true));
}

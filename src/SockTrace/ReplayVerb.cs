using System.CommandLine;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Reading;
using SockTrace.Replay;
using SockTrace.Screen;
using SockTrace.Tracking;

namespace SockTrace;

/// <summary><c>socktrace replay</c>: a trace as if it were happening now.</summary>
internal static class ReplayVerb
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A trace, compressed or not" };
        var speed = new Option<double?>("--speed")
        {
            Description = "So many times as fast as it happened, or max [default: 1]",
            HelpName = "N|max",
            CustomParser = OptionParsers.Speed,
        };
        var from = new Option<TraceTime?>("--from")
        {
            Description = "Begin here: a time, or how long after the trace's begin; what was before is run through unseen",
            HelpName = "TIME",
            CustomParser = OptionParsers.Moment,
        };
        var to = new Option<TraceTime?>("--to")
        {
            Description = "End here, likewise",
            HelpName = "TIME",
            CustomParser = OptionParsers.Moment,
        };
        var filter = new FilterOptions();
        var command = new Command("replay", "Show a trace as `live` would have shown it") { file, speed, from, to };
        filter.AddTo(command);
        command.SetAction(parsed => Run(parsed.GetRequiredValue(file), parsed.GetValue(speed) ?? 1,
            parsed.GetValue(from), parsed.GetValue(to), filter.Read(parsed)));
        return command;
    }

    private static int Run(string path, double speed, TraceTime? from, TraceTime? to, TraceFilter filter)
    {
        try
        {
            using var source = new TraceSource(path, speed, from, to, new FaultLimit().Say);
            return TraceRun.Replay(source, filter, (clock, stop) => [new FromSink(Shown(source, path, filter, clock, stop), source.FromNs)]);
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
            ?? (ITraceSink)LiveVerb.Lines(clock, new OutputQueue(waits: true));
}

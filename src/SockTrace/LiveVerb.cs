using System.CommandLine;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Screen;
using SockTrace.Tracking;

namespace SockTrace;

/// <summary><c>socktrace live</c>: this host now, on a full screen where there is a terminal, else one line a transition.</summary>
internal static class LiveVerb
{
    public static Command Create()
    {
        var options = new TraceOptions();
        var export = new Option<string?>("--export")
        {
            Description = "Also write a trace to this file; .gz and .zst are compressed",
            HelpName = "FILE",
            CustomParser = OptionParsers.OutputPath,
        };
        var files = new FileOptions(export);
        var command = new Command("live", "Watch this host now: a full screen on a terminal, one line a transition elsewhere") { export };
        files.AddTo(command);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            TraceSettings settings = options.Read(parsed);
            return TraceRun.Run(settings, run => parsed.GetValue(export) is string path
                ? [Shown(run, settings), new NdjsonSink(files.Open(parsed, path), run.Clock, run.Header)]
                : [Shown(run, settings)]);
        });
        return command;
    }

    private static ITraceSink Shown(RunStart run, TraceSettings settings) =>
        FullScreen.TryOpen(
            new ScreenLabels { Verb = "live", Host = run.Header.Host, Source = run.Header.Source, TimeWait = run.Header.TimeWait ?? "not seen" },
            settings.Filter, run.Clock, run.Stop, staysAtEnd: false)
            ?? (ITraceSink)Lines(run.Clock);

    /// <summary>The lines that people read, on standard output.</summary>
    /// <param name="queue">Null for one that drops what finds no room.</param>
    public static LineSink Lines(WallClock clock, OutputQueue? queue = null) =>
        new(new OutputWriter(OutputFile.StandardOutput(), Terminal.Say, queue: queue), clock, TimeZoneInfo.Local,
            alarm: !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
}

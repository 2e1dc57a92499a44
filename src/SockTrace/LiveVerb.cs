using System.CommandLine;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Screen;
using SockTrace.Tracking;

namespace SockTrace;

/// <summary><c>socktrace live</c>: this host now, on a full screen where there is a terminal, else one line a transition.</summary>
internal static class LiveVerb
{
    public static Verb Create()
    {
        var options = new TraceOptions();
        var export = new Option<string?>("--export")
        {
            Description = "Also write a trace to this file; .gz and .zst are compressed",
            HelpName = "FILE",
            CustomParser = OptionParsers.OutputPath,
        };
        var files = new FileOptions(export);
        var verb = new Verb("live", "Watch this host now: a full screen, or a line a transition",
            about: "Shows the TCP connections of this host as they change: who opens them, to where, how long each state took, how TIME_WAIT "
                + "ended, and who finds no port left. On a terminal it is a full screen (? shows its keys, q ends it), elsewhere a line for "
                + "each transition. The best source needs root; without it /proc is polled.",
            examples:
            [
                new("Everything on this host", "sudo socktrace live"),
                new("Only connections with port 3306 at either end", "sudo socktrace live --port 3306"),
                new("What PHP opens to a network, written to a file too", "sudo socktrace live --comm 'php*' --host 10.0.0.0/8 --export php.ndjson.zst"),
                new("One line a transition, on a terminal too", "sudo socktrace live | cat"),
                new("Without root", "socktrace live --source proc"),
            ])
        {
            export,
        };
        files.AddTo(verb);
        options.AddTo(verb);
        verb.SetAction(parsed =>
        {
            TraceSettings settings = options.Read(parsed);
            // The file first: why it cannot be written is not to be said on a screen that closes.
            return TraceRun.Run(settings, run => parsed.GetValue(export) is string path
                ? [new NdjsonSink(files.Open(parsed, path), run.Clock, run.Header), Shown(run, settings)]
                : [Shown(run, settings)]);
        });
        return verb;
    }

    private static ITraceSink Shown(RunStart run, TraceSettings settings) =>
        FullScreen.TryOpen(
            new ScreenLabels { Verb = "live", Host = run.Header.Host, Source = run.Header.Source, TimeWait = run.Header.TimeWait ?? "not seen" },
            settings.Filter, run.Clock, run.Stop, staysAtEnd: false)
            ?? (ITraceSink)Lines(run.Clock, run.Header.Source);

    /// <summary>The lines that people read, on standard output.</summary>
    /// <param name="clock">Of the events.</param>
    /// <param name="source">The name of where they come from.</param>
    /// <param name="queue">Null for one that drops what finds no room.</param>
    public static LineSink Lines(WallClock clock, string source, OutputQueue? queue = null) =>
        new(new OutputWriter(OutputFile.StandardOutput(), Terminal.Say, queue: queue), clock, TimeZoneInfo.Local, source,
            alarm: !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
}

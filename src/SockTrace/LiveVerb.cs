using System.CommandLine;
using SockTrace.Host;
using SockTrace.Output;

namespace SockTrace;

/// <summary><c>socktrace live</c>: this host now, one line a transition.</summary>
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
        var command = new Command("live", "Watch this host now, one line a transition") { export };
        files.AddTo(command);
        options.AddTo(command);
        command.SetAction(parsed => TraceRun.Run(options.Read(parsed), (header, clock) => parsed.GetValue(export) is string path
            ? [Lines(clock), new NdjsonSink(files.Open(parsed, path), clock, header)]
            : [Lines(clock)]));
        return command;
    }

    /// <summary>The lines that people read, on standard output.</summary>
    /// <param name="queue">Null for one that drops what finds no room.</param>
    public static LineSink Lines(WallClock clock, OutputQueue? queue = null) =>
        new(new OutputWriter(OutputFile.StandardOutput(), Terminal.Say, queue: queue), clock, TimeZoneInfo.Local,
            alarm: !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
}

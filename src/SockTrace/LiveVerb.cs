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
            Description = "Also write a trace to this file",
            HelpName = "FILE",
            CustomParser = OptionParsers.OutputPath,
        };
        var force = new Option<bool>("--force") { Description = "Overwrite the file if it exists" };
        var command = new Command("live", "Watch this host now, one line a transition") { export, force };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string? exportPath = parsed.GetValue(export);
            return TraceRun.Run(options.Read(parsed), (header, clock) => exportPath is null
                ? [Lines(clock)]
                : [Lines(clock), new NdjsonSink(OutputFile.Create(exportPath, parsed.GetValue(force)), clock, header)]);
        });
        return command;
    }

    private static LineSink Lines(WallClock clock) => new(OutputFile.StandardOutput(), clock, TimeZoneInfo.Local,
        alarm: !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
}

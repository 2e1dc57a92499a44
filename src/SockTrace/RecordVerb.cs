using System.CommandLine;
using SockTrace.Output;

namespace SockTrace;

/// <summary><c>socktrace record</c>: a trace, without a screen.</summary>
internal static class RecordVerb
{
    public static Command Create()
    {
        var options = new TraceOptions();
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The file to write; - is standard output",
            HelpName = "FILE",
            CustomParser = OptionParsers.OutputPath,
            Required = true,
        };
        var force = new Option<bool>("--force") { Description = "Overwrite the file if it exists" };
        var command = new Command("record", "Write an NDJSON trace") { output, force };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(output)!;
            return TraceRun.Run(options.Read(parsed), (header, clock) =>
            [
                new NdjsonSink(
                    path == "-" ? OutputFile.StandardOutput() : OutputFile.Create(path, parsed.GetValue(force)),
                    clock, header),
            ]);
        });
        return command;
    }
}

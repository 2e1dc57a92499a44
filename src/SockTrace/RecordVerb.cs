using System.CommandLine;
using SockTrace.Output;

namespace SockTrace;

/// <summary><c>socktrace record</c>: a trace, without a screen.</summary>
internal static class RecordVerb
{
    private const string StandardOutput = "-";

    public static Command Create()
    {
        var options = new TraceOptions();
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The file to write; .gz and .zst are compressed; - is standard output",
            HelpName = "FILE",
            CustomParser = OptionParsers.OutputPath,
            Required = true,
        };
        var files = new FileOptions(output);
        var command = new Command("record", "Write an NDJSON trace") { output };
        files.AddTo(command);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(output)!;
            if (path == StandardOutput)
                return TraceRun.Run(options.Read(parsed), run =>
                    [new NdjsonSink(new OutputWriter(OutputFile.StandardOutput(), Terminal.Say), run.Clock, run.Header)]);
            OutputWriter? writer = null;
            return TraceRun.Run(options.Read(parsed),
                run => [new NdjsonSink(writer = files.Open(parsed, path), run.Clock, run.Header)],
                onHangUp: () => writer?.ReopenIfMoved());
        });
        return command;
    }
}

using System.CommandLine;
using SockTrace.Output;

namespace SockTrace;

/// <summary><c>socktrace record</c>: a trace, without a screen.</summary>
internal static class RecordVerb
{
    private const string StandardOutput = "-";

    public static Verb Create()
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
        var verb = new Verb("record", "Write a trace to a file, or to standard output",
            about: "Writes what happens as NDJSON, one flat object a line, for `socktrace report`, `socktrace replay`, jq and the like. "
                + "Ctrl-C ends the trace properly. A slow disk does not slow the host down: what finds no room is dropped and counted.",
            examples:
            [
                new("Half a minute of this host, compressed", "sudo socktrace record -o trace.ndjson.zst --duration 30s"),
                new("For weeks: a file an hour, those of the last two days", "sudo socktrace record -o /var/log/socktrace.ndjson.zst --rotate 1h --keep 48"),
                new("Connections that lived a minute or more, to jq", "sudo socktrace record -o - --min-lifetime 1m | jq 'select(.type == \"conn\")'"),
            ])
        {
            output,
        };
        files.AddTo(verb);
        options.AddTo(verb);
        verb.SetAction(parsed =>
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
        return verb;
    }
}

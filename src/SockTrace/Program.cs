using System.CommandLine;
using SockTrace;

var root = new RootCommand(
    "Traces the life of every TCP connection of this host: who opens it, how long it lives, what it leaves behind.")
{
    LiveVerb.Create(),
    RecordVerb.Create(),
};

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    Terminal.Error(parsed.UnmatchedTokens.Count > 0
        ? $"'{parsed.UnmatchedTokens[0]}' is no verb, option or value here; --help shows them"
        : parsed.Errors[0].Message);
    return ExitCode.Usage;
}
return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });

using System.CommandLine;
using System.CommandLine.Parsing;
using SockTrace;

var root = new RootCommand(
    "Traces the life of every TCP connection of this host: who opens it, how long it lives, what it leaves behind.")
{
    LiveVerb.Create(),
    RecordVerb.Create(),
    ReportVerb.Create(),
    ReplayVerb.Create(),
    PortsVerb.Create(),
    DoctorVerb.Create(),
};

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    Terminal.Say(WhatIsWrong(parsed));
    return ExitCode.Usage;
}
try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (Exception e)
{
    // A fault of ours. One line for the user; the rest is for who mends it.
    Terminal.Say($"internal error: {e.GetType().Name}: {e.Message}");
    foreach (string line in (e.StackTrace ?? "").Split('\n'))
        Terminal.Detail(line.Trim());
    return ExitCode.Failed;
}

static string WhatIsWrong(ParseResult parsed)
{
    // The parser takes the option that follows for the value that is missing.
    OptionResult? withoutValue = parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(
        option => option is { Implicit: false, Option.Arity.MinimumNumberOfValues: > 0 }
            && (option.Tokens.Count == 0 || option.Tokens[0].Value.StartsWith("--", StringComparison.Ordinal)));
    if (withoutValue is not null)
        return $"{withoutValue.Option.Name}: needs a value";
    if (parsed.UnmatchedTokens.Count > 0)
    {
        string token = parsed.UnmatchedTokens[0];
        string what = token.StartsWith('-') ? "no such option" : "no verb, option or value here";
        return $"'{token}': {what}; --help shows them";
    }
    return parsed.CommandResult.Command is RootCommand
        ? "say what to do: live, record, report, replay, ports or doctor; --help shows more"
        : parsed.Errors[0].Message;
}

using System.CommandLine;
using SockTrace;

// `help live` is what users of git and cargo type.
ParseResult parsed = CommandTree.Create().Parse(args is ["help", .. string[] verb] ? [.. verb, "--help"] : args);
if (UsageError.Of(parsed) is string error)
{
    Terminal.Say(error);
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
    Terminal.Details((e.StackTrace ?? "").Split('\n', StringSplitOptions.TrimEntries));
    return ExitCode.Failed;
}

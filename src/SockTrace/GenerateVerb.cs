using System.CommandLine;
using SockTrace.Help;

namespace SockTrace;

/// <summary><c>socktrace generate</c>: what <c>make install</c> puts beside the binary. Not in the help: nobody else needs it.</summary>
internal static class GenerateVerb
{
    private static readonly Dictionary<string, Func<Command, string>> Makers = new()
    {
        ["man"] = ManPage.Of,
        ["bash"] = BashCompletion.Of,
        ["zsh"] = ZshCompletion.Of,
        ["fish"] = FishCompletion.Of,
    };

    public static Command Create(RootCommand root)
    {
        Argument<string> what = new Argument<string>("WHAT") { Description = "The man page, or a shell's completions" }
            .AcceptOnlyFromAmong([.. Makers.Keys]);
        var command = new Command("generate", "Write the man page, or a shell's completions, to standard output") { what };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.Write(Makers[parsed.GetRequiredValue(what)](root));
            return ExitCode.Done;
        });
        return command;
    }
}

using System.CommandLine;
using System.Text;

namespace SockTrace.Help;

/// <summary>Completions for fish 3 and later, with descriptions.</summary>
internal static class FishCompletion
{
    private const string Always = "__fish_use_subcommand";

    public static string Of(Command root)
    {
        var text = new StringBuilder("""
            # Completions of socktrace for fish, made by `socktrace generate fish`.
            complete -c socktrace -f

            """);
        foreach (Command verb in root.Verbs)
            Line(text, Always, $"-a {verb.Name}", verb.Description ?? "");
        foreach (Option option in root.AllOptions)
            Line(text, Always, Names(option), option.Text);
        foreach (Command verb in root.Verbs)
        {
            string condition = $"__fish_seen_subcommand_from {verb.Name}";
            foreach (Option option in verb.AllOptions)
                Line(text, condition, Names(option) + Values(option), option.Text);
            if (verb.TakesFiles)
                text.Append($"complete -c socktrace -n {Quoted(condition)} -F\n");
        }
        return text.ToString();
    }

    private static void Line(StringBuilder text, string condition, string what, string description) =>
        text.Append($"complete -c socktrace -n {Quoted(condition)} {what} -d {Quoted(description)}\n");

    private static string Names(Option option) => string.Join(' ', option.Names.Select(
        name => name.StartsWith("--", StringComparison.Ordinal) ? $"-l {name[2..]}" : $"-s {name[1..]}"));

    private static string Values(Option option) => option switch
    {
        { Value: null } or { MayLackValue: true } => "",
        { Words.Count: > 0 } => $" -x -a {Quoted(string.Join(' ', option.Words))}",
        { IsPath: true } => " -r -F",
        { IsNetns: true } => " -x -a '(for name in /run/netns/*; string replace /run/netns/ \"\" $name; end)'",
        _ => " -x",
    };

    private static string Quoted(string text) => $"'{text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", @"\'", StringComparison.Ordinal)}'";
}

using System.CommandLine;
using System.CommandLine.Parsing;
using SockTrace.Help;

namespace SockTrace;

/// <summary>What is wrong with a command line, in one line.</summary>
internal static class UsageError
{
    /// <returns>Null where nothing is.</returns>
    public static string? Of(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string? unknown = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        // --help forgives everything else, but there is none for a verb that does not exist.
        if (parsed.Errors.Count == 0 && !(unknown is not null && command is RootCommand))
            return null;

        // The parser takes the option that follows for the value that is missing.
        OptionResult? withoutValue = parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(
            option => option is { Implicit: false, Option.Arity.MinimumNumberOfValues: > 0 }
                && (option.Tokens.Count == 0 || option.Tokens[0].Value.StartsWith("--", StringComparison.Ordinal)));
        if (withoutValue is not null)
            return $"{withoutValue.Option.Name}: needs a value";
        OptionResult? repeated = parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(
            option => option.Tokens.Count > option.Option.Arity.MaximumNumberOfValues);
        if (repeated is not null)
            return $"{repeated.Option.Name} {repeated.Tokens[1].Value}: {repeated.Option.Name} is {repeated.Tokens[0].Value} already; give it once";
        if (unknown is not null)
            return Unknown(unknown, command);
        if (command is RootCommand)
            return $"say what to do: {string.Join(", ", command.Verbs.Select(verb => verb.Name))}; --help shows more";
        return Missing(parsed.CommandResult) is string missing
            ? $"{command.Name}: needs {missing}; {command.Name} --help shows how"
            // The library writes lists of values on lines of their own.
            : string.Join(' ', parsed.Errors[0].Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static string Unknown(string token, Command command)
    {
        (string what, IEnumerable<string> known) = token.StartsWith('-')
            ? ("no such option", command.AllOptions.SelectMany(option => option.Names))
            : command is RootCommand
                ? ("no such verb", command.Verbs.Select(verb => verb.Name))
                : ($"one thing too many for {command.Name}", []);
        string? near = known.Where(name => Distance(token, name) <= name.Length / 3).MinBy(name => Distance(token, name));
        return $"'{token}': {what}; {(near is null ? "--help shows what there is" : $"did you mean {near}?")}";
    }

    private static string? Missing(CommandResult result) =>
        result.Command.Options.Where(option => option.Required && result.GetResult(option) is not { Implicit: false })
            .Select(option => $"{option.Name} {option.Value}")
            .Concat(result.Command.Arguments
                .Where(argument => argument.Arity.MinimumNumberOfValues > 0 && result.GetResult(argument) is not { Tokens.Count: > 0 })
                .Select(argument => argument.Name))
            .FirstOrDefault();

    /// <summary>How many characters must be added, taken away, changed, or swapped with their neighbour.</summary>
    private static int Distance(string from, string to)
    {
        int[,] distances = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    distances[i, j] = i + j;
                    continue;
                }
                bool isSame = from[i - 1] == to[j - 1];
                int least = Math.Min(distances[i - 1, j - 1] + (isSame ? 0 : 1), Math.Min(distances[i - 1, j], distances[i, j - 1]) + 1);
                bool isSwapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
                distances[i, j] = isSwapped ? Math.Min(least, distances[i - 2, j - 2] + 1) : least;
            }
        }
        return distances[from.Length, to.Length];
    }
}

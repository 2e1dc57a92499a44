using System.CommandLine;
using System.CommandLine.Parsing;

namespace SockTrace;

/// <summary>Options that take one of a few words. Parser, error, help and completions all have them from here.</summary>
internal static class WordOption
{
    /// <summary>An option that takes one of an enum's names, in lower case.</summary>
    public static Option<T> One<T>(string name, string description)
        where T : struct, Enum => One(name, description, NamesOf<T>());

    /// <summary>An option that takes one of these words.</summary>
    public static Option<T> One<T>(string name, string description, params (string Word, T Value)[] words) =>
        Make(name, description, words, result => Find(result, result.Tokens.Count == 1 ? result.Tokens[0].Value : "", words));

    /// <summary>An option that takes an enum's names, in lower case, with commas between, and may be given several times.</summary>
    public static Option<T[]> Several<T>(string name, string description)
        where T : struct, Enum
    {
        (string, T)[] words = NamesOf<T>();
        return Make(name, description, words,
            result => result.Tokens.SelectMany(token => token.Value.Split(',')).Select(word => Find(result, word, words)).Distinct().ToArray());
    }

    /// <summary>The word for a value of an enum.</summary>
    public static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static (string Word, T Value)[] NamesOf<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(value => (NameOf(value), value))];

    private static Option<TOption> Make<TOption, T>(
        string name, string description, (string Word, T)[] words, Func<ArgumentResult, TOption?> parser)
    {
        string[] texts = [.. words.Select(word => word.Word)];
        var option = new Option<TOption>(name) { Description = description, HelpName = string.Join('|', texts), CustomParser = parser };
        // For an enum there would be its names, as they are written in C#.
        option.CompletionSources.Clear();
        option.CompletionSources.Add(texts);
        return option;
    }

    private static T? Find<T>(ArgumentResult result, string text, (string Word, T Value)[] words)
    {
        foreach ((string word, T value) in words)
        {
            if (word == text)
                return value;
        }
        return OptionParsers.Fail<T>(result, text, $"{string.Join(", ", words[..^1].Select(word => word.Word))} or {words[^1].Word}");
    }
}

using System.CommandLine;
using System.Text;

namespace SockTrace.Help;

/// <summary>Completions for zsh, with descriptions: a function for its completion system, see zshcompsys(1).</summary>
internal static class ZshCompletion
{
    public static string Of(Command root)
    {
        var text = new StringBuilder("""
            #compdef socktrace
            # Completions of socktrace for zsh, made by `socktrace generate zsh`.

            _socktrace_verbs() {
                local -a verbs=(

            """);
        foreach (Command verb in root.Verbs)
            text.Append($"        {Quoted($"{verb.Name}:{verb.Description}")}\n");
        text.Append("""
                )
                _describe verb verbs
            }

            _socktrace() {
                if ((CURRENT == 2)); then
                    _arguments \

            """);
        Specifications(text, [.. root.AllOptions.Select(Specification), Quoted("1:verb:_socktrace_verbs")]);
        text.Append("""
                    return
                fi
                shift words
                ((CURRENT -= 1))
                case $words[1] in

            """);
        foreach (Command verb in root.Verbs)
        {
            text.Append($"    {verb.Name})\n        _arguments \\\n");
            // After a word that nothing expects there would be no completions any more: the value of an option that may lack it is one.
            Specifications(text, [.. verb.AllOptions.Select(Specification), Quoted(verb.TakesFiles ? "*:FILE:_files" : "*: :( )")]);
            text.Append("        ;;\n");
        }
        return text.Append("""
                esac
            }

            if [[ $funcstack[1] == _socktrace ]]; then
                _socktrace "$@"
            else
                compdef _socktrace socktrace
            fi

            """).ToString();
    }

    private static void Specifications(StringBuilder text, string[] specifications) =>
        text.Append("            ").AppendJoin(" \\\n            ", specifications).Append('\n');

    /// <summary>One option for <c>_arguments</c>: which others it excludes, its names, what it says, its value.</summary>
    private static string Specification(Option option)
    {
        bool isRepeatable = option.Arity.MaximumNumberOfValues > 1;
        string names = string.Join(' ', option.Names);
        string before = isRepeatable ? "*" : $"({names})";
        string colon = option.MayLackValue ? "::" : ":";
        string after = $"[{Escaped(option.Text)}]{(option.Value is string value ? $"{colon}{Escaped(value)}:{Values(option)}" : "")}";
        string equals = option.Value is null ? "" : option.MayLackValue ? "=-" : "=";
        IEnumerable<string> forms = option.Names.Select(name => name.StartsWith("--", StringComparison.Ordinal) ? name + equals : name);
        return option.Names.Count == 1
            ? Quoted(before + forms.Single() + after)
            : $"{Quoted(before)}{{{string.Join(',', forms)}}}{Quoted(after)}";
    }

    private static string Values(Option option) => option switch
    {
        { Words.Count: > 0 } => $"({string.Join(' ', option.Words)})",
        { IsPath: true } => "_files",
        { IsNetns: true } => "_files -W /run/netns",
        _ => " ",
    };

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (char c in text)
            escaped.Append(c is '\\' or '[' or ']' or ':' ? $"\\{c}" : c.ToString());
        return escaped.ToString();
    }

    private static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}

using System.CommandLine;
using System.Text;

namespace SockTrace.Help;

/// <summary>Completions for bash 4 and later. They need no package bash-completion.</summary>
internal static class BashCompletion
{
    public static string Of(Command root)
    {
        var text = new StringBuilder("""
            # Completions of socktrace for bash, made by `socktrace generate bash`.
            _socktrace() {
                local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=
                COMPREPLY=()
                # --source=bpf comes as three words.
                if [[ $cur == = ]]; then
                    cur=
                elif [[ $prev == = ]]; then
                    prev=${COMP_WORDS[COMP_CWORD - 2]}
                fi
                case $((COMP_CWORD == 1)),${COMP_WORDS[1]},$prev in

            """);
        Case(text, "1,*", Offer([.. root.Verbs.Select(verb => verb.Name), .. Names(root)]));
        foreach (Command verb in root.Verbs)
        {
            foreach (IGrouping<string, Option> alike in verb.AllOptions.Where(option => option is { Value: not null, MayLackValue: false }).GroupBy(Values))
                Case(text, string.Join(" | ", alike.SelectMany(option => option.Names).Select(name => $"0,{verb.Name},{name}")), alike.Key);
            Case(text, $"0,{verb.Name},*", Offer(Names(verb))
                + (verb.TakesFiles ? "\n            [[ $cur == -* ]] || { words= && compopt -o default; }" : ""));
        }
        return text.Append("""
                esac
                # The words hold nothing that a shell would expand.
                [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
            }
            complete -F _socktrace socktrace

            """).ToString();
    }

    private static void Case(StringBuilder text, string pattern, string commands) =>
        text.Append($"        {pattern})\n            {commands}\n            ;;\n");

    /// <summary>A file is left to readline, which knows of quotes and of ~.</summary>
    private static string Values(Option option) => option switch
    {
        { Words.Count: > 0 } => Offer(option.Words),
        { IsPath: true } => "compopt -o default",
        { IsNetns: true } => """
            mapfile -t COMPREPLY < <(compgen -f -- "/run/netns/$cur")
                        COMPREPLY=("${COMPREPLY[@]#/run/netns/}")
                        compopt -o default
            """,
        _ => ":",
    };

    private static string Offer(IEnumerable<string> words) => $"words='{string.Join(' ', words)}'";

    private static IEnumerable<string> Names(Command command) => command.AllOptions.SelectMany(option => option.Names);
}

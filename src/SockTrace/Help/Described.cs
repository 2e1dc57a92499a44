using System.CommandLine;
using System.CommandLine.Completions;

namespace SockTrace.Help;

/// <summary>How verbs and options are described, for help, man page and completions alike.</summary>
internal static class Described
{
    extension(Command command)
    {
        public IEnumerable<Command> Verbs => command.Subcommands.Where(verb => !verb.Hidden);

        public string About => command is Verb verb ? verb.About : command.Description ?? "";

        public IReadOnlyList<Example> Examples => command is Verb verb ? verb.Examples : [];

        /// <summary>Its options under their headings, those that every verb has included.</summary>
        public IEnumerable<OptionGroup> Sections
        {
            get
            {
                IReadOnlyList<OptionGroup> groups = command is Verb verb ? verb.Groups : [];
                IEnumerable<Option> shared = command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive);
                return [new OptionGroup("Options", [.. command.Options.Except(groups.SelectMany(group => group.Options)).Concat(shared)
                    .Where(option => !option.Hidden)]), .. groups];
            }
        }

        public IEnumerable<Option> AllOptions => command.Sections.SelectMany(group => group.Options);

        /// <summary>Whether files follow that belong to no option.</summary>
        public bool TakesFiles => command.Arguments.Any(argument => argument.Name == "FILE");

        /// <summary>What must be given, and what may.</summary>
        public string Usage => string.Join(' ', [
            "socktrace", .. command is RootCommand ? ["VERB"] : (string[])[command.Name],
            .. command.Options.Where(option => option.Required).Select(option => $"{option.Names[0]} {option.ShownValue}"),
            .. command.Arguments.Select(argument => argument.Name + (argument.Arity.MaximumNumberOfValues > 1 ? "..." : "")),
            "[options]"]);
    }

    extension(Option option)
    {
        /// <summary>The short ones first.</summary>
        public IReadOnlyList<string> Names => [.. option.Aliases.Append(option.Name).OrderBy(name => name.Length)];

        /// <summary>What its value is called; null where it takes none.</summary>
        public string? Value => option.IsFlag ? null : option.HelpName ?? "VALUE";

        /// <summary>Whether the option says something without a value too.</summary>
        public bool MayLackValue => option is { IsFlag: false, Arity.MinimumNumberOfValues: 0 };

        /// <summary>Its value as help and man page show it; null where it takes none.</summary>
        public string? ShownValue => option.MayLackValue ? $"[{option.Value}]" : option.Value;

        /// <summary>The words that its value can be; none where it can be anything.</summary>
        public IReadOnlyList<string> Words => option.IsFlag ? [] : [.. option.GetCompletions(CompletionContext.Empty).Select(item => item.Label)];

        /// <summary>Shells complete it from the file system.</summary>
        public bool IsPath => option.Value is "FILE" or "CGROUP";

        /// <summary>Shells complete it from the names of <c>ip netns</c>.</summary>
        public bool IsNetns => option.Value is "NETNS";

        public string Text => (option.Description ?? "") + (option is { IsFlag: false, HasDefaultValue: true } ? $" [default: {option.GetDefaultValue()}]" : "");

        private bool IsFlag => option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool);
    }
}

using System.CommandLine;

namespace SockTrace;

/// <summary>One of the things that the program does, with what its help teaches.</summary>
internal sealed class Verb : Command
{
    private readonly List<OptionGroup> _groups = [];

    /// <param name="name">As it is typed.</param>
    /// <param name="summary">A line for the list of verbs, without a full stop.</param>
    /// <param name="about">A few sentences.</param>
    /// <param name="examples">The first is also the one that the help of the whole program shows.</param>
    public Verb(string name, string summary, string about, Example[] examples)
        : base(name, summary)
    {
        About = about;
        Examples = examples;
    }

    public string About { get; }

    public IReadOnlyList<Example> Examples { get; }

    /// <summary>Options that have a heading of their own.</summary>
    public IReadOnlyList<OptionGroup> Groups => _groups;

    public void Add(OptionGroup group)
    {
        _groups.Add(group);
        foreach (Option option in group.Options)
            Add(option);
    }
}

/// <param name="Purpose">What it is for, without a full stop.</param>
/// <param name="CommandLine">A line of shell.</param>
internal sealed record Example(string Purpose, string CommandLine);

/// <summary>Options that belong together. Those that several verbs share are described once in the man page.</summary>
internal sealed record OptionGroup(string Title, params IReadOnlyList<Option> Options)
{
    public bool IsSameAs(OptionGroup other) =>
        Title == other.Title && Options.Select(option => option.Name).SequenceEqual(other.Options.Select(option => option.Name));
}

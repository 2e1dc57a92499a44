using System.CommandLine;
using SockTrace.Help;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Help;

/// <summary>What the TAB key gives, in the shells themselves.</summary>
public sealed class CompletionTests : IDisposable
{
    private static readonly RootCommand Root = CommandTree.Create();

    private readonly TempFolder _folder = new();

    public CompletionTests() => File.WriteAllText(_folder.File("a trace.ndjson"), "");

    public static TheoryData<string> Verbs => [.. Root.Verbs.Select(verb => verb.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Verbs))]
    public void BashOffersEveryVerbOptionAndWord(string name)
    {
        Write(BashCompletion.Of(Root), "completions");
        Command verb = Root.Verbs.Single(command => command.Name == name);
        Assert.Equal(Sorted(Root.Verbs.Select(v => v.Name).Concat(Names(Root))), InBash("socktrace ''"));
        Assert.Equal(Sorted(Names(verb)), InBash($"socktrace {name} -"));
        Assert.All(verb.AllOptions.Where(option => option.Words.Count > 0), option => Assert.All(
            option.Names, optionName => Assert.Equal(Sorted(option.Words), InBash($"socktrace {name} {optionName} ''"))));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void FishOffersEveryVerbOptionAndWordWithWhatItIs(string name)
    {
        Write(FishCompletion.Of(Root), "completions");
        Command verb = Root.Verbs.Single(command => command.Name == name);
        Assert.Equal(Sorted(Root.Verbs.Select(v => $"{v.Name}\t{v.Description}")), InFish("socktrace "));
        Assert.Equal(Sorted(verb.AllOptions.Select(option => $"{option.Name}\t{option.Text}")), InFish($"socktrace {name} --"));
        Assert.All(verb.AllOptions.Where(option => option.Words.Count > 0), option => Assert.Equal(
            Sorted(option.Words.Select(word => $"{word}\t{option.Text}")), InFish($"socktrace {name} {option.Name} ")));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void ZshOffersEveryVerbOptionAndWordWithWhatItIs(string name)
    {
        using InteractiveShell zsh = Zsh(Root);
        Command verb = Root.Verbs.Single(command => command.Name == name);
        zsh.Shows("socktrace \t", [.. Root.Verbs.Select(v => $" -- {v.Description}")]);
        zsh.Shows($"socktrace {name} -\t", [.. verb.AllOptions.Select(option => $" -- {option.Text}"), .. verb.AllOptions.Select(option => option.Name)]);
        foreach (Option option in verb.AllOptions.Where(option => option.Words.Count > 1))
            zsh.Shows($"socktrace {name} {option.Name} \t", [.. option.Words]);
    }

    [Theory]
    [InlineData("socktrace li\t --sou\tb\t", "<live><--source><bpf>")]
    [InlineData("socktrace live --source=p\t", "<live><--source><proc>")]
    [InlineData("socktrace record -o a\t", "<record><-o><a trace.ndjson>")]
    [InlineData("socktrace live --export=a\t", "<live><--export><a trace.ndjson>")]
    [InlineData("socktrace report a\t --form\tj\t", "<report><a trace.ndjson><--format><json>")]
    [InlineData("socktrace replay a\t --speed m\t", "<replay><a trace.ndjson><--speed><max>")]
    [InlineData("socktrace live --port a\t", "<live><--port><a>")]
    [InlineData("socktrace live a\t", "<live><a>")]
    [InlineData("socktrace live --cgroup /proc/self/stat\tm\t", "<live><--cgroup></proc/self/statm>")]
    public void BashAndZshFillInTheSame(string keys, string arguments)
    {
        using InteractiveShell bash = Bash(), zsh = Zsh(Root);
        // zsh sets = between an option and its value.
        Assert.All([bash, zsh], shell => Assert.Equal(arguments, shell.ArgumentsOf(keys).Replace("=", "><", StringComparison.Ordinal)));
    }

    [Fact]
    public void NetworkNamespacesAreOfferedByTheirNames()
    {
        string name = $"help-{Environment.ProcessId}";
        Assert.Equal((0, "", ""), Piped.Run($"ip netns add {name}", _folder));
        try
        {
            using InteractiveShell bash = Bash(), zsh = Zsh(Root);
            Assert.All([bash, zsh], shell => Assert.Equal($"<live><--netns><{name}>", shell.ArgumentsOf("socktrace live --netns help-\t")));
            Write(FishCompletion.Of(Root), "completions");
            Assert.StartsWith($"{name}\t", Assert.Single(InFish("socktrace live --netns help-")), StringComparison.Ordinal);
        }
        finally
        {
            Assert.Equal((0, "", ""), Piped.Run($"ip netns delete {name}", _folder));
        }
    }

    [Fact]
    public void WhateverADescriptionHoldsBreaksNoShell()
    {
        RootCommand odd = OddTree.Create();
        Write(BashCompletion.Of(odd), "completions");
        Assert.Equal(Sorted(Names(odd.Subcommands.Single())), InBash("socktrace odd -"));
        Write(FishCompletion.Of(odd), "completions");
        Assert.Contains($"--strange\t{OddTree.Description}", InFish("socktrace odd --"));
        Assert.Equal([$"odd\t{OddTree.Description}"], InFish("socktrace o"));
        using InteractiveShell zsh = Zsh(odd);
        zsh.Shows("socktrace odd -\t", $" -- {OddTree.Description}", "-- Another");
        Assert.False(File.Exists(_folder.File("ran")), "a shell has run what a description says");
    }

    [Fact]
    public void AnOptionThatMayLackItsValueIsFollowedByOneOrByAnotherOption()
    {
        RootCommand odd = OddTree.Create();
        Write(BashCompletion.Of(odd), "completions");
        Assert.Equal(["--other"], InBash("socktrace odd --maybe --o"));
        Write(FishCompletion.Of(odd), "completions");
        Assert.Equal(["--other\tAnother"], InFish("socktrace odd --maybe --o"));
        using InteractiveShell zsh = Zsh(odd);
        Assert.Equal("<odd><--maybe><--other>", zsh.ArgumentsOf("socktrace odd --maybe --o\t"));
        Assert.Equal("<odd><--maybe><1><--other>", zsh.ArgumentsOf("socktrace odd --maybe 1 --o\t"));
    }

    private void Write(string script, string name) => File.WriteAllText(_folder.File(name), script);

    private InteractiveShell Bash()
    {
        Write(BashCompletion.Of(Root), "completions");
        return new InteractiveShell("bash --norc --noprofile -i", _folder.Path, "source \"$T/completions\"");
    }

    private InteractiveShell Zsh(Command root)
    {
        Write(ZshCompletion.Of(root), "_socktrace");
        return new InteractiveShell("zsh -f -i", _folder.Path, "fpath=($T $fpath); autoload -Uz compinit; compinit -u -D");
    }

    /// <summary>What bash's own mechanism gets, without a terminal.</summary>
    private string[] InBash(string words)
    {
        (int exitCode, string output, string errors) = Piped.Run($$"""
            set -eu
            source "$T/completions"
            COMP_WORDS=({{words}}) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _socktrace
            printf '%s\n' "${COMPREPLY[@]}"
            """, _folder);
        Assert.Equal((0, ""), (exitCode, errors));
        return Sorted(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private string[] InFish(string line)
    {
        (int exitCode, string output, string errors) =
            Piped.Run($"cd \"$T\"; HOME=$T fish -c 'source completions; complete -C \"{line}\"' </dev/null", _folder);
        Assert.Equal((0, ""), (exitCode, errors));
        return Sorted(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static IEnumerable<string> Names(Command command) => command.AllOptions.SelectMany(option => option.Names);

    private static string[] Sorted(IEnumerable<string> texts) => [.. texts.Order(StringComparer.Ordinal)];
}

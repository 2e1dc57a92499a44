using System.CommandLine;
using SockTrace.Help;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Help;

/// <summary>What <c>--help</c> teaches, and that all of it is true.</summary>
public sealed class HelpTests : IDisposable
{
    private static readonly RootCommand Root = CommandTree.Create();

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Verbs => [.. Root.Verbs.Select(verb => verb.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Verbs))]
    public void EveryVerbSaysWhatItIsForAndHasExamples(string name)
    {
        Verb verb = Assert.IsType<Verb>(Root.Subcommands.Single(command => command.Name == name));
        Assert.EndsWith(".", verb.About, StringComparison.Ordinal);
        Assert.Matches("^[A-Z].*[^.]$", verb.Description);
        Assert.True(verb.Examples.Count >= 2, "a first one, and one that shows more");
        Assert.All(verb.Examples, example => Assert.Matches("^[A-Z].*[^.:]$", example.Purpose));
        Assert.All(verb.Examples, example => Assert.Contains($"socktrace {name}", example.CommandLine, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryOptionAndArgumentIsDescribed()
    {
        foreach (Command command in (Command[])[Root, .. Root.Subcommands])
        {
            Assert.All(command.AllOptions, option => Assert.Matches("^[A-Z].*[^.]$", option.Description));
            Assert.All(command.AllOptions, option => Assert.NotEqual("VALUE", option.Value));
            Assert.All(command.Arguments, argument => Assert.Matches("^[A-Z].*[^.]$", argument.Description));
        }
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void EveryExampleIsACommandLineThatIsUnderstood(string name)
    {
        foreach (Example example in Root.Verbs.Single(command => command.Name == name).Examples)
        {
            // A shell takes it apart; what it then would run is a function.
            (_, string output, string errors) = Piped.Run($$"""
                socktrace() { printf '%s\0' "$@" >"$T/arguments"; }
                sudo() { "$@"; }
                jq() { cat; }
                {{example.CommandLine}}
                """, _folder);
            Assert.Equal("", output + errors);
            string[] arguments = File.ReadAllText(_folder.File("arguments")).Split('\0')[..^1];
            ParseResult parsed = CommandTree.Create().Parse(arguments);
            Assert.True(UsageError.Of(parsed) is null, $"{example.CommandLine}: {UsageError.Of(parsed)}");
            Assert.Equal(name, parsed.CommandResult.Command.Name);
        }
    }

    [Fact]
    public void NoLineIsWiderThanATerminal() => Assert.All(
        (Command[])[Root, .. Root.Subcommands], command => Assert.All(HelpPage.Of(command).Split('\n'), line => Assert.InRange(line.Length, 0, 80)));

    [Fact]
    public void TheProgramsHelpBeginsWithItsVerbsAndWhereToStart()
    {
        string help = HelpPage.Of(Root);
        Assert.All(Root.Verbs, verb => Assert.Contains($"\n  {verb.Name} ", help, StringComparison.Ordinal));
        Assert.All(Root.Verbs, verb => Assert.Contains($"\n    {verb.Examples[0].CommandLine}\n", help, StringComparison.Ordinal));
        Assert.DoesNotContain("generate", help, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void AVerbsHelpShowsEveryOptionWithItsValueAndEveryExample(string name)
    {
        Command verb = Root.Verbs.Single(command => command.Name == name);
        string help = HelpPage.Of(verb);
        Assert.All(verb.AllOptions, option => Assert.Contains($"{option.Name}{(option.ShownValue is null ? "" : " " + option.ShownValue)}", help, StringComparison.Ordinal));
        Assert.All(verb.Examples, example => Assert.Contains($"  {example.Purpose}:\n    {example.CommandLine}\n", help, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    [InlineData("live --help", "live")]
    [InlineData("help live", "live")]
    [InlineData("live --port 99999 -h", "live")]
    [InlineData("report --help", "report")]
    public void HelpGoesToStandardOutputAndNeedsNothing(string arguments, string? verb = null)
    {
        (int exitCode, string output, string errors) =
            Piped.Run($"cp \"$S\" \"$T/s\"; chmod 755 \"$T\"; cd \"$T\"; setpriv --reuid=nobody --clear-groups ./s {arguments}", _folder);

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Equal(HelpPage.Of(Root.Verbs.SingleOrDefault(command => command.Name == verb) ?? Root), output);
    }
}

using System.CommandLine;
using System.Text.RegularExpressions;
using SockTrace.Help;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Help;

/// <summary>socktrace(1), read by groff and by mandoc.</summary>
public sealed partial class ManPageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void NeitherGroffNorMandocHasAnythingToSayAgainstIt()
    {
        Write(CommandTree.Create());
        Assert.Equal((0, "", ""), Piped.Run("groff -man -ww -z -Tutf8 \"$T/page\"", _folder));
        Assert.Equal((0, "", ""), Piped.Run("mandoc -Tlint -Wwarning \"$T/page\"", _folder));
    }

    [Fact]
    public void ItHasEveryVerbOptionExampleAndExitCode()
    {
        RootCommand root = CommandTree.Create();
        string page = Rendered(root);
        foreach (Command verb in root.Verbs)
        {
            Assert.Contains($" {verb.Name} {verb.About} ", page, StringComparison.Ordinal);
            Assert.Contains($" {verb.Usage} ", page, StringComparison.Ordinal);
            Assert.All(verb.AllOptions, option => Assert.Contains(
                $" {string.Join(", ", option.Names)}{(option.ShownValue is null ? "" : " " + option.ShownValue)} {option.Text} ", page, StringComparison.Ordinal));
            Assert.All(verb.Examples, example => Assert.Contains($" {example.Purpose}: {example.CommandLine} ", page, StringComparison.Ordinal));
        }
        Assert.All(ExitCode.All, exit => Assert.Contains($" {exit.Code} {exit.Meaning}. ", page, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void OptionsThatVerbsShareAreDescribedOnce() =>
        Assert.Equal(2, Rendered(CommandTree.Create()).Split("--min-lifetime TIME").Length);

    [Fact]
    public void WhateverADescriptionHoldsComesOutAsItIs()
    {
        RootCommand root = OddTree.Create();
        string page = Rendered(root);
        Assert.Contains($" -s, --strange A:[B] {OddTree.Description} ", page, StringComparison.Ordinal);
        Assert.Contains(" --maybe [TIME] Now or later ", page, StringComparison.Ordinal);
        Assert.Contains($" odd {OddTree.Description} ", page, StringComparison.Ordinal);
    }

    /// <summary>Debian's groff is set to show them as ASCII all the same, so its output would not tell.</summary>
    [Fact]
    public void NothingIsLeftThatTroffMakesATypographersSignOf() => Assert.All(
        ManPage.Of(OddTree.Create()).Split('\n').Where(line => !line.StartsWith('.')), line => Assert.DoesNotMatch("""(?<!\\)-|['`^~"]""", line));

    [Fact]
    public void ItsDateIsTheSourcesWhereTheBuildSaysIt()
    {
        (_, string output, _) = Piped.Run("SOURCE_DATE_EPOCH=86400 \"$S\" generate man", _folder);
        Assert.StartsWith(".TH SOCKTRACE 1 1970-01-02 ", output, StringComparison.Ordinal);
    }

    private void Write(Command root) => File.WriteAllText(_folder.File("page"), ManPage.Of(root));

    /// <summary>As groff shows it, with a space for every gap.</summary>
    private string Rendered(Command root)
    {
        Write(root);
        (int exitCode, string output, string errors) = Piped.Run("groff -man -Tutf8 -rLL=200n -P-cbou \"$T/page\"", _folder);
        Assert.Equal((0, ""), (exitCode, errors));
        return Gap().Replace(output, " ");
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Gap();
}

using System.Runtime.CompilerServices;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Help;

/// <summary><c>make install</c>, into a folder.</summary>
public sealed class InstallTests : IDisposable
{
    /// <summary>It is no part of the run of make that runs the tests.</summary>
    private const string Make = "env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s";

    private static readonly Dictionary<string, string> Generated = new()
    {
        ["share/man/man1/socktrace.1"] = "man",
        ["share/bash-completion/completions/socktrace"] = "bash",
        ["share/zsh/site-functions/_socktrace"] = "zsh",
        ["share/fish/vendor_completions.d/socktrace.fish"] = "fish",
    };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ItPutsBinaryManPageAndCompletionsWhereTheyAreLookedFor()
    {
        string[] lines = Run("install");

        string under = Path.Combine(_folder.Path, "a root", "usr");
        Assert.Equal([.. Generated.Keys.Append("bin/socktrace").Order(StringComparer.Ordinal)],
            Directory.GetFiles(under, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(under, path)).Order(StringComparer.Ordinal));
        Assert.Equal(5, lines.Count(line => line.StartsWith("installed:", StringComparison.Ordinal)));
        Assert.True(File.GetUnixFileMode(Path.Combine(under, "bin/socktrace")).HasFlag(UnixFileMode.OtherExecute));
        foreach ((string path, string what) in Generated)
            Assert.Equal(SocktraceProcess.RunToEnd("generate", what).Output, File.ReadAllText(Path.Combine(under, path)));
    }

    [Fact]
    public void WhatIsThereAlreadyStaysAsItIs()
    {
        Run("install");
        Assert.Equal(5, Run("install").Count(line => line.StartsWith("as it was:", StringComparison.Ordinal)));
    }

    [Fact]
    public void UninstallRemovesWhatInstallBrought()
    {
        Run("install");
        Assert.Equal(5, Run("uninstall").Length);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    private string[] Run(string target)
    {
        (int exitCode, string output, string errors) =
            Piped.Run($"cd '{Repository()}'; {Make} {target} PREFIX=/usr DESTDIR=\"$T/a root\"", _folder);
        Assert.Equal((0, ""), (exitCode, errors));
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Repository([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
}

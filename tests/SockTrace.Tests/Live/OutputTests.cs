using System.Diagnostics;
using System.Runtime.InteropServices;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>Outputs that do not take what is written, and readers that go away.</summary>
public sealed partial class OutputTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public OutputTests() => Support.Live.RequireRoot();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFileThatExistsIsKeptUnlessForced()
    {
        string path = _folder.File("trace.ndjson");
        File.WriteAllText(path, "precious");

        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("record", "-o", path, "--source", "bpf");
        Assert.Equal(1, exitCode);
        Assert.Equal($"socktrace: cannot create {path}: it exists (--force overwrites it)", errors[^1]);
        Assert.Equal("precious", File.ReadAllText(path));

        (exitCode, _, _) = SocktraceProcess.RunToEnd("record", "-o", path, "--force", "--duration", "100ms");
        Assert.Equal(0, exitCode);
        RecordedTrace.Read(path).AssertWhole();
    }

    [Fact]
    public void AFolderThatDoesNotExistIsNamed()
    {
        string path = _folder.File("no/such/trace.ndjson");
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("record", "-o", path, "--source", "bpf");
        Assert.Equal(1, exitCode);
        Assert.Equal($"socktrace: cannot create {path}: its folder does not exist", errors[^1]);
    }

    [Fact]
    public void AFolderIsNoFile()
    {
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("record", "-o", _folder.Path, "--force", "--source", "bpf");
        Assert.Equal(1, exitCode);
        Assert.Equal($"socktrace: cannot create {_folder.Path}: it is a folder", errors[^1]);
    }

    [Fact]
    public void AReadOnlyFileSystemIsNamed()
    {
        using var mount = new TestMount(_folder.File("readonly"), "size=64k,ro");
        string path = Path.Combine(mount.Path, "trace.ndjson");
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("record", "-o", path, "--source", "bpf");
        Assert.Equal(1, exitCode);
        Assert.Equal($"socktrace: cannot create {path}: read-only file system", errors[^1]);
    }

    [Fact]
    public void AFullDiskEndsTheRunAndLeavesWholeLines()
    {
        using var netns = new TestNamespace();
        using var mount = new TestMount(_folder.File("full"), "size=64k");
        string path = Path.Combine(mount.Path, "trace.ndjson");
        using var socktrace = SocktraceProcess.Start("record", "-o", path);

        netns.Run(() => Traffic.Cycle(1000, 7777));

        Assert.Equal(1, socktrace.WaitForExit());
        Assert.Contains($"socktrace: cannot write to {path}: no space left on device", socktrace.ErrorLines());
        Assert.EndsWith("}\n", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.NotEmpty(RecordedTrace.Read(path).OfType("state"));
    }

    [Fact]
    public void AReaderThatGoesAwayEndsTheRunQuietly()
    {
        using var netns = new TestNamespace();
        using var socktrace = SocktraceProcess.Start("record", "-o", "-");
        Assert.StartsWith("{\"type\":\"header\"", socktrace.Output.ReadLine(), StringComparison.Ordinal);

        socktrace.Output.Close();
        netns.Run(() => Traffic.Cycle(10, 7777));

        Assert.Equal(0, socktrace.WaitForExit());
        Assert.DoesNotContain(socktrace.ErrorLines(), line => line.Contains("cannot", StringComparison.Ordinal));
    }

    [Fact]
    public void AReaderThatGoesAwayIsNoticedInQuietTimesToo()
    {
        using var netns = new TestNamespace();
        using var socktrace = SocktraceProcess.Start("record", "-o", "-", "--netns", $"{netns.Inode}");
        Assert.StartsWith("{\"type\":\"header\"", socktrace.Output.ReadLine(), StringComparison.Ordinal);
        socktrace.Output.Close();
        Assert.Equal(0, socktrace.WaitForExit());
    }

    [Fact]
    public void WhatWasInAFileThatIsAppendedToStays()
    {
        using var netns = new TestNamespace();
        using var mount = new TestMount(_folder.File("full"), "size=64k");
        string path = Path.Combine(mount.Path, "log");
        string before = new('x', 50_000);
        File.WriteAllText(path, before);
        using var socktrace = SocktraceProcess.LaunchThrough("sh", "-c", $"exec \"$0\" record -v -o - >>\"$1\"", SocktraceProcess.Binary, path);
        socktrace.WaitUntilAttached();

        netns.Run(() => Traffic.Cycle(1000, 7777));

        Assert.Equal(1, socktrace.WaitForExit());
        Assert.Contains("socktrace: cannot write to standard output: no space left on device", socktrace.ErrorLines());
        Assert.StartsWith(before, File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void WhoSharesTheDescriptorIsNotWrittenOver()
    {
        string path = _folder.File("all");
        (int exitCode, _) = SocktraceProcess.Shell(
            $"{{ echo before; \"$S\" record -o - --netns 1 --duration 100ms; echo after; }} >\"{path}\" 2>&1");
        Assert.Equal(0, exitCode);
        Assert.Collection(File.ReadAllLines(path),
            line => Assert.Equal("before", line),
            line => Assert.StartsWith("socktrace: source bpf", line, StringComparison.Ordinal),
            line => Assert.StartsWith("{\"type\":\"header\"", line, StringComparison.Ordinal),
            line => Assert.StartsWith("{\"type\":\"end\"", line, StringComparison.Ordinal),
            line => Assert.StartsWith("socktrace: ", line, StringComparison.Ordinal),
            line => Assert.Equal("after", line));
    }

    [Theory]
    [InlineData("\"$S\" record -o - --duration 1s 2>&1 >/dev/full", 1, "cannot write to standard output: no space left on device")]
    [InlineData("\"$S\" record -o /dev/full --duration 1s 2>&1", 1, "cannot write to /dev/full: no space left on device")]
    [InlineData("\"$S\" record -o - --duration 1s 2>&1 >&-", 1, "cannot write to standard output: bad file descriptor")]
    [InlineData("\"$S\" record -o /dev/null --duration 100ms 2>&1", 0, "none lost")]
    [InlineData("\"$S\" record -o - --duration 100ms 2>&-", 0, "\"type\":\"end\"")]
    [InlineData("\"$S\" record -o - --duration 100ms 2>/dev/full", 0, "\"type\":\"end\"")]
    public void ADescriptorThatTakesNothingIsOneLineAndNoCrash(string line, int expectedCode, string expected)
    {
        (int exitCode, string output) = SocktraceProcess.Shell(line);
        Assert.Equal(expectedCode, exitCode);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.DoesNotContain(" at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void WhenTheReaderOfLiveGoesAwayTheExportStillEnds()
    {
        using var netns = new TestNamespace();
        string path = _folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("live", "--export", path, "--netns", $"{netns.Inode}");
        socktrace.Output.ReadLine();
        socktrace.Output.Close();
        netns.Run(() => Traffic.Cycle(2, 7777));

        Assert.Equal(0, socktrace.WaitForExit());
        RecordedTrace.Read(path).AssertWhole();
    }

    [Fact]
    public void LiveAlsoWritesATrace()
    {
        using var netns = new TestNamespace();
        string path = _folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("live", "--export", path, "--netns", $"{netns.Inode}");

        netns.Run(() => Traffic.Cycle(2, 7777));
        socktrace.Terminate();
        string[] lines = socktrace.Output.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(0, socktrace.WaitForExit());

        Assert.Equal(1 + 22, lines.Length);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 120));
        Assert.Equal(22, RecordedTrace.Read(path).OfType("state").Count());
    }

    /// <summary>A tmpfs of its own.</summary>
    private sealed partial class TestMount : IDisposable
    {
        public TestMount(string path, string options)
        {
            Path = path;
            Directory.CreateDirectory(path);
            using var mount = Process.Start("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
            mount.WaitForExit();
            Assert.Equal(0, mount.ExitCode);
        }

        public string Path { get; }

        public void Dispose() => Assert.Equal(0, umount2(Path, 2 /* MNT_DETACH */));

        [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
        private static partial int umount2(string target, int flags);
    }
}

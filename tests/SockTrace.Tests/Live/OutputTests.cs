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
        Assert.Equal($"socktrace: cannot create {path}: it exists (--force overwrites it)", Assert.Single(errors));
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
        Assert.Equal($"socktrace: cannot create {path}: its folder does not exist", Assert.Single(errors));
    }

    [Fact]
    public void AFolderIsNoFile()
    {
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("record", "-o", _folder.Path, "--force", "--source", "bpf");
        Assert.Equal(1, exitCode);
        Assert.Equal($"socktrace: cannot create {_folder.Path}: it is a folder", Assert.Single(errors));
    }

    [Fact]
    public void AReadOnlyFileSystemIsNamed()
    {
        using var mount = new TestMount(_folder.File("readonly"), "size=64k,ro");
        string path = Path.Combine(mount.Path, "trace.ndjson");
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("record", "-o", path, "--source", "bpf");
        Assert.Equal(1, exitCode);
        Assert.Equal($"socktrace: cannot create {path}: read-only file system", Assert.Single(errors));
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

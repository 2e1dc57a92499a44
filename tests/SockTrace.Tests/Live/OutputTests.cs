using System.Collections.Concurrent;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Tests.Output;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>Outputs that do not take what is written, and readers that go away.</summary>
public sealed class OutputTests : IDisposable
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
        string path = mount.File("trace.ndjson");
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("record", "-o", path, "--source", "bpf");
        Assert.Equal(1, exitCode);
        Assert.Equal($"socktrace: cannot create {path}: read-only file system", errors[^1]);
    }

    [Theory]
    [InlineData("trace.ndjson")]
    [InlineData("trace.ndjson.gz")]
    [InlineData("trace.ndjson.zst")]
    public void OnAFullDiskTheRunGoesOnAndTheFileHasWholeLines(string name)
    {
        using var netns = new TestNamespace();
        using var mount = new TestMount(_folder.File("full"), "size=64k");
        string path = mount.File(name);
        using var socktrace = SocktraceProcess.Start("record", "-o", path, "--netns", $"{netns.Inode}");

        netns.Run(() => Traffic.Cycle(4000, 7777));
        string said = socktrace.WaitForErrorLine($"socktrace: cannot write to {path}");
        socktrace.Terminate();

        Assert.Equal(1, socktrace.WaitForExit());
        Assert.Equal($"socktrace: cannot write to {path}: no space left on device", said);
        Assert.Single(socktrace.ErrorLines(), line => line.Contains("no space", StringComparison.Ordinal));
        Assert.Matches(@" lost \(ring 0, kernel 0, queue [1-9]\d*, table 0\)", socktrace.ErrorLines()[^1]);
        RecordedTrace trace = FileLines.Read(path);
        Assert.Equal(Enumerable.Range(1, trace.OfType("state").Count()), trace.OfType("state").Select(state => (int)state.Number("seq")!));
        Assert.NotEmpty(trace.OfType("state"));
        AssertNothingIsCut(path);
    }

    [Theory]
    [InlineData("trace.ndjson")]
    [InlineData("trace.ndjson.gz")]
    [InlineData("trace.ndjson.zst")]
    public void WhenADiskHasRoomAgainTheTraceGoesOnAndSaysWhatIsMissing(string name)
    {
        using var mount = new TestMount(_folder.File("full"), "size=64k");
        string path = mount.File(name);
        var said = new BlockingCollection<string>();
        var queue = new OutputQueue(chunks: 4, chunkBytes: 16 * OutputQueue.MaxLine);
        var sink = new NdjsonSink(new OutputWriter(OutputFile.Create(path, force: false), said.Add, queue: queue), new WallClock(), Headers.Any);
        var records = new StateRecords();

        while (sink.Losses.ByFailure == 0)
        {
            records.ProduceTo(sink, 100);
            Thread.Yield();
        }
        mount.Resize("64m");
        Assert.Equal($"cannot write to {path}: no space left on device", Take(said));
        Assert.Equal($"can write to {path} again", Take(said));
        Eventually.Soon(() => queue.IsDrained);
        records.ProduceTo(sink, 100);
        sink.OnEnd(records.Totals);
        sink.Dispose();

        Assert.Empty(said);
        OutputQueueTests.AssertEveryRecordIsThereOrCounted(FileLines.Read(path), records.Count);
        AssertNothingIsCut(path);

        static string Take(BlockingCollection<string> said) =>
            said.TryTake(out string? message, TimeSpan.FromSeconds(20)) ? message : "nothing was said";
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
        string path = mount.File("log");
        string before = new('x', 50_000);
        File.WriteAllText(path, before);
        using var socktrace = SocktraceProcess.LaunchThrough("sh", "-c", $"exec \"$0\" record -v -o - >>\"$1\"", SocktraceProcess.Binary, path);
        socktrace.WaitUntilAttached();

        netns.Run(() => Traffic.Cycle(1000, 7777));
        socktrace.WaitForErrorLine("socktrace: cannot write to standard output: no space left on device");
        socktrace.Terminate();

        Assert.Equal(1, socktrace.WaitForExit());
        Assert.StartsWith(before, File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void WhoSharesTheDescriptorIsNotWrittenOver()
    {
        string path = _folder.File("all");
        (int exitCode, _) = SocktraceProcess.Shell(
            $"{{ echo before; \"$S\" record -o - --lport 1 --duration 100ms; echo after; }} >\"{path}\" 2>&1");
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

    [Fact]
    public void HangUpOpensAFileThatWasMovedAwayAnew()
    {
        using var netns = new TestNamespace();
        string path = _folder.File("trace.ndjson.zst"), moved = _folder.File("moved.ndjson.zst");
        using var socktrace = SocktraceProcess.Start("record", "-o", path, "--netns", $"{netns.Inode}");
        netns.Run(() => Traffic.Cycle(2, 7777));
        netns.WaitUntilQuiet();

        socktrace.HangUp(); // nothing has moved: nothing happens
        File.Move(path, moved);
        socktrace.HangUp();
        Eventually.Soon(() => File.Exists(path));
        netns.Run(() => Traffic.Cycle(3, 7777));
        netns.WaitUntilQuiet();
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        RecordedTrace before = FileLines.Read(moved), after = FileLines.Read(path);
        Assert.Equal("True", before.End.Text("continued"));
        Assert.Empty(before.End.GetProperty("audit").EnumerateArray());
        after.AssertWhole();
        Assert.NotEmpty(after.End.GetProperty("audit").EnumerateArray());
        Assert.Equal(5, before.Conns("client", netns.Inode).Concat(after.Conns("client", netns.Inode)).Count());
        Assert.NotEmpty(after.Conns("client", netns.Inode));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Theory]
    [InlineData("record", "-o", "-")]
    [InlineData("live")]
    public void HangUpEndsWhatHasNoFile(params string[] arguments)
    {
        using var socktrace = SocktraceProcess.Start(arguments);
        socktrace.HangUp();
        Assert.Equal(0, socktrace.WaitForExit());
    }

    [Fact]
    public void ARunThatIsRotatedIsWholeInItsFiles()
    {
        using var netns = new TestNamespace();
        string path = _folder.File("trace.ndjson.gz");
        var files = new RotatedFiles(path);
        using var socktrace = SocktraceProcess.Start("record", "-o", path, "--netns", $"{netns.Inode}", "--rotate", "1s");
        int connections = 0;
        Eventually.Soon(() =>
        {
            netns.Run(() => Traffic.Cycle(10, 7777));
            connections += 10;
            return files.Oldest().Count() >= 2;
        });
        netns.WaitUntilQuiet();
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        RecordedTrace[] traces = [.. files.Oldest().Append(path).Select(FileLines.Read)];
        Assert.All(traces[..^1], trace => Assert.Equal("True", trace.End.Text("continued")));
        traces[^1].AssertWhole();
        Assert.Equal(connections, traces.Sum(trace => trace.Conns("client", netns.Inode).Count()));
        long seq = 0;
        Assert.All(traces.SelectMany(trace => trace.OfType("state")), state => Assert.Equal(++seq, state.Number("seq")));
        Assert.All(files.Oldest(), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public void ASecondSignalEndsWhatWaitsForAReaderThatDoesNotRead()
    {
        using var netns = new TestNamespace();
        using var socktrace = SocktraceProcess.Start("record", "-o", "-", "--netns", $"{netns.Inode}");
        netns.Run(() => Traffic.Cycle(1000, 7777)); // more than a pipe holds
        socktrace.Terminate();
        // Until its patience with doubled signals is over, a second one is the same wish.
        socktrace.TerminateUntilItEnds();
        Assert.Equal(128 + 15, socktrace.WaitForExit());
    }

    [Fact]
    public void TheSameWishSentAgainWhileItEndsIsNoOther()
    {
        Support.Live.RequireRoot();
        using var folder = new TempFolder();
        const string UntilItEnds = """
            exec 3< <(exec "$S" record -o - --netns pid:$$) && tracer=$!
            read -r -u 3 line && [[ $line == '{"type":"header"'* ]] || exit 2
            while kill -TERM $tracer 2>/dev/null; do :; done
            wait $tracer
            """;
        for (int i = 0; i < 10; i++)
            Assert.Equal(0, Piped.Run(UntilItEnds, folder).ExitCode);
    }

    /// <summary>What the file has is whole: lines, or frames of whole lines.</summary>
    private static void AssertNothingIsCut(string path)
    {
        (int exitCode, string last) = SocktraceProcess.Shell(Path.GetExtension(path) switch
        {
            ".gz" => $"gzip -dc '{path}' | tail -c 2",
            ".zst" => $"zstd -q -dc '{path}' | tail -c 2",
            _ => $"tail -c 2 '{path}'",
        });
        Assert.Equal((0, "}\n"), (exitCode, last));
        if (Path.GetExtension(path) is ".gz" or ".zst")
            Assert.Equal(0, SocktraceProcess.Shell($"{(Path.GetExtension(path) == ".gz" ? "gzip" : "zstd")} -q -t '{path}'").ExitCode);
    }
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>`socktrace replay`, as it is used. It needs no kernel that could be traced.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AReplayShowsWhatLiveShowed()
    {
        (int exitCode, string output) = SocktraceProcess.Shell($"TZ=UTC \"$S\" replay '{Recorded("orderly.ndjson")}' --speed max");
        Assert.Equal(0, exitCode);
        Assert.Equal(File.ReadAllText(Recorded("orderly.txt")), output);
    }

    [Fact]
    public void FiltersChooseAsTheyDoLive()
    {
        (int exitCode, string output) = SocktraceProcess.Shell($"\"$S\" replay '{Recorded("orderly.ndjson")}' --speed max --port 7778");
        Assert.Equal(0, exitCode);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)); // the heading
    }

    [Fact]
    public void WhatWasBeforeIsRunThroughUnseen()
    {
        string trace = _folder.File("trace.ndjson");
        File.WriteAllLines(trace,
        [
            State("10:00:00.000000000", "1", "CLOSE", "SYN_SENT"), State("10:00:00.000100000", "1", "SYN_SENT", "ESTABLISHED"),
            State("10:30:00.000000000", "1", "ESTABLISHED", "FIN_WAIT1"), State("10:30:05.000000000", "1", "FIN_WAIT1", "FIN_WAIT2"),
        ]);
        var watch = Stopwatch.StartNew();
        foreach (string from in (string[])["29m", "2026-11-23T10:29:00Z"])
        {
            (int exitCode, string output) = SocktraceProcess.Shell($"TZ=UTC \"$S\" replay '{trace}' --from {from} --to 1801s --speed 1000");
            Assert.Equal(0, exitCode);
            string line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..]);
            // How long it was established is known: what was before has been seen, though not shown.
            Assert.Matches("^10:30:00.000 .* FIN_WAIT1 +1800s in ESTABLISHED", line);
        }
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "half an hour that was not to be seen took " + watch.Elapsed);
    }

    [Theory]
    [InlineData("--from 29m --to 1801s", "1 transitions, 4 lost (ring 4, kernel 0, queue 0, table 0), 0 unmatched")]
    [InlineData("--from 29m --to 1801s --rport 81", "0 shown of 1 transitions, 4 lost (ring 4, kernel 0, queue 0, table 0), 0 unmatched")]
    [InlineData("--from 1801s", "1 transitions, 8 lost (ring 8, kernel 0, queue 0, table 0), 0 unmatched")]
    [InlineData("--to 29m", "3 transitions, 2 lost (ring 2, kernel 0, queue 0, table 0), 1 unmatched")]
    public void TheSummaryCountsWhatLiesBetween(string options, string expected)
    {
        string trace = _folder.File("trace.ndjson");
        File.WriteAllLines(trace,
        [
            State("10:00:00.000000000", "1", "CLOSE", "SYN_SENT"), State("10:00:00.000100000", "1", "SYN_SENT", "ESTABLISHED"),
            Lost("10:00:00.500000000", 2, "ring"), State("10:00:01.000000000", "2", "LAST_ACK", "CLOSE"),
            Lost("10:29:59.000000000", 4, "ring"), State("10:30:00.000000000", "1", "ESTABLISHED", "FIN_WAIT1"),
            Lost("10:30:04.000000000", 8, "ring"), State("10:30:05.000000000", "1", "FIN_WAIT1", "FIN_WAIT2"),
        ]);
        foreach (string speed in (string[])["max", "100000"])
        {
            (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd(["replay", trace, .. options.Split(' '), "--speed", speed]);
            Assert.Equal((0, "socktrace: " + expected), (exitCode, Assert.Single(errors)));
        }
    }

    [Fact]
    public void WhoFoundNoPortIsShownWithTheNumbersThatLiveShowed()
    {
        string trace = _folder.File("trace.ndjson");
        const string Socket = "\"id\":\"2f\",\"netns\":1,\"family\":\"ipv4\",\"laddr\":\"127.0.0.1\",\"raddr\":\"127.0.0.1\",\"rport\":20250,\"pid\":18615,\"comm\":\"python3\"";
        File.WriteAllLines(trace,
        [
            $$"""{"type":"state","ts":"2026-11-23T10:00:00.000000000Z","seq":1,{{Socket}},"old":"CLOSE","new":"SYN_SENT","owner_from":"connect"}""",
            $$"""{"type":"state","ts":"2026-11-23T10:00:00.000010000Z","seq":2,{{Socket}},"old":"SYN_SENT","new":"CLOSE","in_old_ns":10000,"owner_from":"connect"}""",
            $$"""{"type":"port_exhausted","ts":"2026-11-23T10:00:00.000010000Z",{{Socket}},"pool":4,"taken":4}""",
            $$"""{"type":"conn","ts":"2026-11-23T10:00:00.000010000Z",{{Socket}},"role":"client","owner_from":"connect","opened":"2026-11-23T10:00:00.000000000Z","lifetime_ns":10000,"close_reason":"port_exhausted"}""",
        ]);
        (int exitCode, string output, _) = SocktraceProcess.RunToEnd("replay", trace, "--speed", "max");
        Assert.Equal(0, exitCode);
        Assert.Contains("*** NO PORT LEFT from 127.0.0.1 to 127.0.0.1:20250 for python3 (18615): 4 of 4 taken\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--from 1h", "it ends at 2026-11-23T10:30:05Z, before --from, which is 2026-11-23T11:00:00Z")]
    [InlineData("--to 2026-11-23T09:00:00Z", "it begins at 2026-11-23T10:00:00Z, after --to, which is 2026-11-23T09:00:00Z")]
    [InlineData("--from 20m --to 10m", "--to, which is 2026-11-23T10:10:00Z, is before --from, which is 2026-11-23T10:20:00Z")]
    public void ATimeOfWhichItHasNothingIsRefused(string options, string reason)
    {
        string trace = _folder.File("trace.ndjson");
        File.WriteAllLines(trace, [State("10:00:00.000000000", "1", "CLOSE", "SYN_SENT"), State("10:30:05.000000000", "1", "SYN_SENT", "CLOSE")]);
        (int exitCode, string output) = SocktraceProcess.Shell($"\"$S\" replay '{trace}' {options} 2>&1; echo $?");
        Assert.Equal((0, $"socktrace: cannot replay {trace}: {reason}\n1\n"), (exitCode, output));
    }

    [Fact]
    public void ATraceTakesItsTime()
    {
        string trace = _folder.File("trace.ndjson");
        File.WriteAllLines(trace,
            [State("10:00:00.000000000", "1", "CLOSE", "SYN_SENT"), State("10:00:04.000000000", "1", "SYN_SENT", "CLOSE")]);
        var watch = Stopwatch.StartNew();
        Assert.Equal(0, SocktraceProcess.Shell($"\"$S\" replay '{trace}' --speed 4").ExitCode);
        Assert.InRange(watch.Elapsed.TotalSeconds, 1, 10);
    }

    [Fact]
    public void ASlowReaderLosesNothing()
    {
        string trace = _folder.File("trace.ndjson");
        File.WriteAllLines(trace, Enumerable.Range(1, 200_000).Select(i => State("10:00:00.000000000", $"{i:x}", "CLOSE", "SYN_SENT")));
        (int exitCode, string output) = SocktraceProcess.Shell(
            $"\"$S\" replay '{trace}' --speed max 2>'{_folder.File("err")}' | (sleep 1; wc -l); tail -n 1 '{_folder.File("err")}'");
        Assert.Equal(0, exitCode);
        Assert.Equal(["200001", "socktrace: 200000 transitions, none lost, 0 unmatched"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("replay - --speed max <\"$F\"")]
    [InlineData("replay - --speed max < <(cat \"$F\")")]
    [InlineData("replay <(zstd -q -c \"$F\") --speed max")]
    [InlineData("replay /dev/stdin --speed max < <(gzip -c \"$F\")")]
    public void WhatCanBeReadOnlyOnceIsReplayedToo(string arguments)
    {
        (int exitCode, string output, _) = Piped.Run($"F='{Recorded("orderly.ndjson")}'; export TZ=UTC TMPDIR=\"$T\"; \"$S\" {arguments}", _folder);
        Assert.Equal(0, exitCode);
        Assert.Equal(File.ReadAllText(Recorded("orderly.txt")), output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void WhatWasLostWhenItWasRecordedIsNamedAsThat()
    {
        string trace = _folder.File("trace.ndjson");
        File.WriteAllLines(trace,
        [
            State("10:00:00.000000000", "1", "CLOSE", "SYN_SENT"), Lost("10:00:00.500000000", 3, "ring"), Lost("10:00:00.600000000", 5, "queue"),
            Lost("10:00:00.700000000", 7, "table"), "damaged", State("10:00:01.000000000", "1", "SYN_SENT", "CLOSE"),
        ]);
        (int exitCode, string output, string[] errors) = SocktraceProcess.RunToEnd("replay", trace, "--speed", "max");
        Assert.Equal(0, exitCode);
        Assert.Contains("*** 3 events lost when this was recorded: the ring buffer was full", output, StringComparison.Ordinal);
        Assert.Contains("*** 5 records lost when this was recorded: the output could not keep up", output, StringComparison.Ordinal);
        Assert.Contains("*** 7 connections forgotten: a table was full, ", output, StringComparison.Ordinal);
        Assert.Equal(3, output.Split("***").Length - 1);
        Assert.Contains("15 lost (ring 3, kernel 0, queue 5, table 7)", errors[^2], StringComparison.Ordinal);
        Assert.Equal($"socktrace: 1 line of {trace} could not be read", errors[^1]);
    }

    [Fact]
    public void AtMostSoManyConnectionsAreFollowed()
    {
        string trace = _folder.File("trace.ndjson");
        File.WriteAllLines(trace, Enumerable.Range(1, 10).Select(i => State("10:00:00.000000000", $"{i:x}", "CLOSE", "SYN_SENT")));
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("replay", trace, "--speed", "max", "--max-connections", "4");
        Assert.Equal(0, exitCode);
        Assert.Contains("6 lost (ring 0, kernel 0, queue 0, table 6)", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void AFullDiskEndsIt()
    {
        string trace = _folder.File("trace.ndjson");
        // More than is ever queued.
        File.WriteAllLines(trace, Enumerable.Range(1, 300_000).Select(i => State("10:00:00.000000000", $"{i:x}", "CLOSE", "SYN_SENT")));
        (int exitCode, string output) = SocktraceProcess.Shell($"\"$S\" replay '{trace}' --speed max 2>&1 >/dev/full");
        Assert.Equal(1, exitCode);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("socktrace: cannot write to standard output: no space left on device", lines[0]);
        Assert.Matches(@"^socktrace: \d+ transitions, \d+ lost \(ring 0, kernel 0, queue [1-9]\d*, table 0\)", lines[1]);
        Assert.Equal(2, lines.Length);
    }

    [Theory]
    [InlineData("--speed 0", "--speed 0: not a number from 0.001 to 1000000, or max")]
    [InlineData("--from soon", "--from soon: not a time such as 2026-11-23T10:12:13Z, or how long after the trace's begin, such as 90s")]
    public void BadInputIsQuoted(string option, string error)
    {
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd(["replay", Recorded("orderly.ndjson"), .. option.Split(' ')]);
        Assert.Equal(2, exitCode);
        Assert.Equal("socktrace: " + error, Assert.Single(errors));
    }

    [Fact]
    public void WhatIsNoTraceIsNotReplayed()
    {
        string path = _folder.File("notes.txt");
        File.WriteAllText(path, "not a trace\n");
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("replay", path);
        Assert.Equal(1, exitCode);
        Assert.Equal($"socktrace: cannot replay {path}: no line of it is a record", Assert.Single(errors));
    }

    private static string Lost(string time, int count, string where) =>
        $$"""{"type":"lost","ts":"2026-11-23T{{time}}Z","count":{{count}},"where":"{{where}}","total":{{count}}}""";

    private static string State(string time, string id, string old, string @new) =>
        $$"""{"type":"state","ts":"2026-11-23T{{time}}Z","seq":1,"id":"{{id}}","netns":1,"family":"ipv4","laddr":"10.0.0.1","lport":40000,"raddr":"10.0.0.2","rport":80,"old":"{{old}}","new":"{{@new}}","owner_from":"unknown"}""";

    private static string Recorded(string name, [CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "Recorded", name));
}

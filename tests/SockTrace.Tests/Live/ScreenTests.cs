using System.Diagnostics;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>
/// The full screen in a real terminal, with real keys. The trace is of a shop: a pool of 100 ports that is emptied,
/// IPv4 and IPv6, resets, refusals, TIME_WAITs of either side, a SYN that nobody answers, a CLOSE_WAIT.
/// </summary>
public sealed class ScreenTests
{
    private const string Folder = "tests/SockTrace.Tests/Recorded/screen";

    private static readonly string Replay =
        $"'{SocktraceProcess.Binary}' replay '{Paths.InRepository($"{Folder}/shop.ndjson.zst")}' --speed max";

    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    [InlineData(200, 50)]
    public void EachPageIsAsItWasHoweverLargeTheTerminal(int width, int height)
    {
        using var terminal = new TmuxTerminal(width, height);
        terminal.Run(Replay);
        var story = new ScreenStory($"{Folder}/{width}x{height}.txt");
        TellOfAllPages(story, terminal, terminal.Capture);
    }

    [Fact]
    public void WhereTheLocaleIsNotUtf8AllIsAscii()
    {
        using var terminal = new TmuxTerminal(80, 24, "LC_ALL=C");
        terminal.Run(Replay);
        var story = new ScreenStory($"{Folder}/80x24-ascii.txt");
        TellOfAllPages(story, terminal, () =>
        {
            string screen = terminal.Capture();
            Assert.All(screen, character => Assert.True(char.IsAscii(character), $"'{character}' in:\n{screen}"));
            return screen;
        });
    }

    [Theory]
    [InlineData("NO_COLOR=1")]
    [InlineData("TERM=vt100")]
    public void WhereColoursAreNotWantedOrNotKnownThereAreNoneAndTheBannerIsReversed(string environment)
    {
        using var terminal = new TmuxTerminal(80, 24, environment);
        terminal.Run(Replay);
        var story = new ScreenStory($"{Folder}/80x24.txt");
        TellOfAllPages(story, terminal, () =>
        {
            string styled = terminal.CaptureWithStyles();
            // ECMA-48, SGR: 39 and 49 are the terminal's own.
            Assert.DoesNotMatch(@"\e\[([0-9;]*;)?([349][0-8]|10[0-7])[;m]", styled);
            string screen = terminal.Capture();
            if (screen.Contains("NO PORT", StringComparison.Ordinal))
                Assert.Matches(@"\e\[([0-9;]*;)?7m(\e\[[34]9m)*[^\e]* NO PORT", terminal.CaptureWithStyles());
            return screen;
        });
    }

    [Fact]
    public void ATerminalOfAnotherSizeIsDrawnAnew()
    {
        using var terminal = new TmuxTerminal(80, 24);
        terminal.Run(Replay);
        foreach ((int width, int height) in ((int, int)[])[(80, 24), (200, 50), (120, 40), (80, 24)])
        {
            terminal.Resize(width, height);
            new ScreenStory($"{Folder}/{width}x{height}.txt").Tell("overview", terminal.Capture);
        }
    }

    [Fact]
    public void TheTerminalIsGivenBackBeforeAnExportIsWritten()
    {
        Support.Live.RequireRoot();
        using var folder = new TempFolder();
        using var netns = new TestNamespace();
        using var terminal = new TmuxTerminal(120, 40);
        string path = folder.File("fifo");
        Assert.Equal(0, SocktraceProcess.Shell($"mkfifo '{path}'").ExitCode);
        using var slow = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        int shell = terminal.ForegroundProcess();
        terminal.Run($"'{SocktraceProcess.Binary}' live --export '{path}' --netns {netns.Inode}");
        terminal.Shows("bpf, TIME_WAIT");
        netns.Run(() => Traffic.Cycle(1000, 7777)); // more than a FIFO holds
        netns.WaitUntilQuiet();
        terminal.Press("q");
        Eventually.Soon(() => terminal.Is("alternate_on") == "0");
        Assert.NotEqual(shell, terminal.ForegroundProcess());

        using var reader = new StreamReader(slow);
        while (!reader.ReadLine()!.StartsWith("{\"type\":\"end\"", StringComparison.Ordinal))
        {
        }
        Eventually.Soon(() => terminal.ForegroundProcess() == shell);
    }

    [Theory]
    [InlineData("q", 0)]
    [InlineData("C-c", 0)]
    [InlineData("TERM", 0)]
    [InlineData("HUP", 0)]
    [InlineData("ABRT", 134)]
    [InlineData("KILL", 137)]
    public void HoweverItEndsTheTerminalIsAsItWas(string how, int exitCode)
    {
        using var terminal = new TmuxTerminal(80, 24);
        terminal.Run("ulimit -c 0");
        string before = terminal.Settings();
        terminal.Run(Replay);
        terminal.Shows("END OF TRACE");
        Assert.Equal(("1", "0"), (terminal.Is("alternate_on"), terminal.Is("cursor_flag")));

        if (how is "q" or "C-c")
            terminal.Press(how);
        else
            SocktraceProcess.Shell($"kill -{how} {terminal.ForegroundProcess()}");
        // After SIGKILL it is the guard that restores the terminal; the shell does not wait for it.
        Eventually.Soon(() => terminal.Is("alternate_on") == "0");
        terminal.Run("echo \"left with $?\"");
        terminal.Shows($"\nleft with {exitCode}\n");
        Assert.Equal("1", terminal.Is("cursor_flag"));
        Assert.Equal(before, terminal.Settings());
        terminal.Type("typed, and seen");
        terminal.Shows($"{TmuxTerminal.Prompt}typed, and seen");
    }

    [Fact]
    public void StoppedItGivesTheTerminalBackAndInFrontAgainItIsWhole()
    {
        using var terminal = new TmuxTerminal(80, 24);
        string before = terminal.Settings();
        terminal.Run(Replay);
        var story = new ScreenStory($"{Folder}/80x24.txt");
        for (int times = 0; times < 2; times++)
        {
            story.Tell("overview", terminal.Capture);
            terminal.Press("C-z");
            Eventually.Soon(() => terminal.Is("alternate_on") == "0");
            terminal.Run("echo stopped as $?");
            terminal.Shows("\nstopped as 147\n");
            Assert.Equal("1", terminal.Is("cursor_flag"));
            Assert.Equal(before, terminal.Settings());
            terminal.Run("clear; fg");
        }
        story.Tell("overview", terminal.Capture);
        terminal.Press("3");
        story.Tell("destinations", terminal.Capture);
        terminal.Press("q");
        terminal.Shows("transitions, none lost");
        Assert.Equal(before, terminal.Settings());
    }

    [Fact]
    public void WhoEmptiesThePoolIsNamedOnEachPage()
    {
        Support.Live.RequireRoot();
        const int Ports = ExhaustionRun.Ports;
        using var netns = new TestNamespace();
        netns.Sysctl("ipv4/ip_local_port_range", "40000 40199");
        netns.Sysctl("ipv4/tcp_tw_reuse", "0"); // by default loopback is spared
        using MariaDb server = netns.Run(() => new MariaDb());
        using var terminal = new TmuxTerminal(80, 24);
        terminal.Run($"'{SocktraceProcess.Binary}' live --netns {netns.Inode}");
        terminal.Shows("1 Overview", "none lost");

        using var client = new Scenario("queries", netns);
        client.Start();
        string destination = $"127.0.0.1:{MariaDb.Port}", who = $@"scenarios \({client.Pid}\)";
        terminal.ShowsLine($@"^{destination} .* [1-9]\d*/{Ports} +[\d.]+ m?s +[\d.]+ {who}$");
        terminal.Press("5");
        terminal.ShowsLine(@"^connect +[1-9]\d* +[\d.]+ .?s ");

        client.WaitForEnd();
        long failures = client.Said("failures");
        foreach ((string page, string line) in ((string, string)[])
        [
            ("1", $@"^{destination} .* {Ports}/{Ports} +now +[\d.]+ {who}$"),
            ("2", $@"^TIME_WAIT +[\d.]+ m?s scenarios +127\.0\.0\.1:4\d{{4}} +{destination}$"),
            ("3", $@"^{destination} +{Ports} +{Ports} 100 % +now +[1-9]\d* scenarios \("),
            ("4", $@"^ *{client.Pid} scenarios +\d+ +[1-9]\d* +0 +{failures} +{failures} +{ExhaustionRun.Queries}$"),
            ("5", $@"^connect +{Ports} "),
            ("6", $@"^[\d:.]+ scenarios +127\.0\.0\.1:\* +{destination} +NO PORT$"),
        ])
        {
            terminal.Press(page);
            terminal.ShowsLine(line);
            terminal.ShowsLine($"^ NO PORT (WAS )?LEFT for {who} to {destination}: {failures} failed");
        }
        terminal.Press("q");
        terminal.Shows("transitions, none lost", TmuxTerminal.Prompt.TrimEnd());
    }

    [Fact]
    public void WhatDoesNotChangeIsNotSent()
    {
        using var folder = new TempFolder();
        using var terminal = new TmuxTerminal(80, 24);
        terminal.Run(Replay);
        new ScreenStory($"{Folder}/80x24.txt").Tell("overview", terminal.Capture);
        string sent = folder.File("sent");
        terminal.CopyTo(sent);
        Assert.InRange(BytesPerSecond(sent), 0, 200);
        terminal.Press("2");
        Eventually.Soon(() => new FileInfo(sent).Length > 1000);
    }

    [Fact]
    public async Task AQuietHostCostsTheTerminalNextToNothingAndABusyOneLittle()
    {
        Support.Live.RequireRoot();
        using var folder = new TempFolder();
        using var netns = new TestNamespace();
        using var terminal = new TmuxTerminal(80, 24);
        terminal.Run($"'{SocktraceProcess.Binary}' live --netns {netns.Inode}");
        terminal.Shows("1 Overview", "none lost");
        string sent = folder.File("sent");
        terminal.CopyTo(sent);
        Assert.InRange(BytesPerSecond(sent), 1, 200); // the clock

        using var stop = new CancellationTokenSource();
        var traffic = Task.Run(() => netns.Run(() =>
        {
            while (!stop.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(50)))
                Traffic.Cycle(1, 7777);
        }));
        terminal.ShowsLine(@"^ connects +[1-4]\d/s");
        double busy = BytesPerSecond(sent);
        TestContext.Current.TestOutputHelper?.WriteLine($"{busy:0} bytes a second at 20 connections a second");
        Assert.InRange(busy, 1, 4000);
        await stop.CancelAsync();
        await traffic;
    }

    [Theory]
    [InlineData("\"$S\" live $O </dev/null")]
    [InlineData("\"$S\" live $O | cat")]
    [InlineData("TERM=dumb \"$S\" live $O")]
    [InlineData("\"$S\" replay \"$F\" --speed max </dev/null")]
    [InlineData("TERM=dumb \"$S\" replay \"$F\" --speed max")]
    public void WhereNoScreenCanBeThereAreLines(string command)
    {
        if (command.Contains("live", StringComparison.Ordinal))
            Support.Live.RequireRoot();
        using var folder = new TempFolder();
        using var terminal = new TmuxTerminal(200, 50, $"S={SocktraceProcess.Binary}", "O=--duration 1s --lport 7777",
            $"F={Paths.InRepository("tests/SockTrace.Tests/Recorded/orderly.ndjson")}");
        string sent = folder.File("sent");
        terminal.CopyTo(sent);
        terminal.Run(command);
        terminal.ShowsLine("^socktrace: .*transitions, none lost");
        terminal.ShowsLine("^TIME +PID COMM +LOCAL +REMOTE +STATE");
        Assert.DoesNotContain("\e[?1049h", File.ReadAllText(sent), StringComparison.Ordinal);
    }

    /// <summary>Over three seconds: twelve times the screen could have been sent.</summary>
    private static double BytesPerSecond(string sent)
    {
        Eventually.Soon(() => File.Exists(sent));
        long before = new FileInfo(sent).Length;
        var watch = Stopwatch.StartNew();
        Thread.Sleep(TimeSpan.FromSeconds(3));
        return (new FileInfo(sent).Length - before) / watch.Elapsed.TotalSeconds;
    }

    private static void TellOfAllPages(ScreenStory story, TmuxTerminal terminal, Func<string> capture)
    {
        foreach ((string name, string[] keys) in ((string, string[])[])
        [
            ("overview", []),
            ("overview, the second pool", ["Down", "Down"]),
            ("connections", ["2"]),
            ("connections, by the next column", ["Right"]),
            ("connections, the other way round", ["i"]),
            ("connections, the last page", ["End"]),
            ("connections, a filter that is typed", ["Home", "/", .. "state:TIME_WAIT po".Select(key => $"{key}")]),
            ("connections, a filter that is wrong", [.. "rt:x ".Select(key => $"{key}")]),
            ("connections, a filter that is right", ["BSpace", "BSpace", .. "6379 comm:*7".Select(key => $"{key}")]),
            ("connections, a filter that was kept", ["Enter"]),
            ("one connection, in TIME_WAIT", ["Home", "Enter"]),
            ("back", ["Escape"]),
            ("connections, none filtered out", ["Escape"]),
            ("destinations", ["3"]),
            ("destinations, by the column before", ["Left"]),
            ("processes", ["4"]),
            ("processes, the connections of one", ["Down", "Down", "Enter"]),
            ("processes, the filter forgotten", ["4", "Escape"]),
            ("latency", ["5"]),
            ("latency, of the next", ["Down"]),
            ("events", ["6"]),
            ("events, of one state", ["/", .. "state:CLOSE host:10.0.0.0/8".Select(key => $"{key}"), "Enter"]),
            ("one connection, closed", ["Down", "Down", "Enter"]),
            ("help", ["?"]),
            ("help, and on with tab", ["Escape", "Tab"]),
        ])
        {
            foreach (string key in keys)
                terminal.Press(key);
            story.Tell(name, capture);
        }
        story.End();
        terminal.Press("q");
        terminal.Shows("transitions, none lost, 0 unmatched", TmuxTerminal.Prompt.TrimEnd());
    }
}

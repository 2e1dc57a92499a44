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

    [Fact]
    public void WhereColoursAreNotWantedThereAreNone()
    {
        using var terminal = new TmuxTerminal(80, 24, "NO_COLOR=1");
        terminal.Run(Replay);
        var story = new ScreenStory($"{Folder}/80x24-no-color.txt");
        TellOfAllPages(story, terminal, () =>
        {
            string screen = terminal.CaptureWithStyles();
            Assert.DoesNotMatch(@"\e\[([0-9;]*;)?([349][0-8]|10[0-7])[;m]", screen);
            return screen;
        });
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

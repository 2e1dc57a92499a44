using System.Text.RegularExpressions;
using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Screen;

public sealed class PagesTests
{
    private const long Ms = 1_000_000, Second = 1_000 * Ms;

    private static readonly PortRange TenPorts = new(40000, 40009, []);

    [Fact]
    public void ATerminalThatIsTooSmallIsTold()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(8, pid: 7)).Tick(1);
        Assert.Equal("59x24 is too small:\n60x20 it takes\nq quit", screen.Text(59, 24).TrimEnd());
        Assert.StartsWith("60x19 is too small:", screen.Text(60, 19), StringComparison.Ordinal);
        Assert.Contains("socktrace live", screen.Text(60, 20), StringComparison.Ordinal);
    }

    [Fact]
    public void TheOverviewSaysWhoHasThePortsTowardWhom()
    {
        string text = new ScreenOf(ports: TenPorts).Feed(Connections(8, pid: 7)).Tick(1).Text();
        Assert.Matches(@"127\.0\.0\.1 +127\.0\.0\.2:3306 +█+▎? +8/10 +\S+( ms| s)? +8 \(0\.2\) mysql \(7\)", text);
        Assert.Contains("ESTABLISHED 8", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NO PORT LEFT", text, StringComparison.Ordinal);
    }

    [Fact]
    public void APageIsExportedForItsOwnerOnlyByAnotherThread()
    {
        ScreenOf screen = new ScreenOf(ports: TenPorts).Feed(Connections(8, pid: 7)).Tick(1).Keys("2e");
        string path = Eventually.Gives(
            () => Regex.Match(screen.Text(), @"^ 9 lines in (\S+\.tsv)", RegexOptions.Multiline) is { Success: true } match ? match.Groups[1].Value : null,
            () => screen.Text());
        try
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            string[] lines = File.ReadAllLines(path);
            Assert.Equal(9, lines.Length);
            Assert.All(lines[1..], line => Assert.Contains("127.0.0.2:3306\t", line, StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void BeforeAFailureEveryPageSaysWhatWillLeadToOne()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(9, pid: 7)).Tick(1);
        foreach (char page in "123456?")
            Assert.Matches("^ RUNNING OUT: mysql \\(7\\) to 127.0.0.2:3306, empty in .*, 9 of 10 ports taken$", screen.Keys($"{page}").Lines()[2]);
    }

    [Fact]
    public void WhoHasMostIsNamedAndNotWhoCameLast()
    {
        EventSequence events = Connections(5, pid: 7);
        foreach (TcpEvent e in Connections(2, pid: 8, firstPort: 40008).Events)
            events.Add(e with { Comm = Comm.From("backup"u8), Sock = e.Sock + 0x100, Cookie = e.Cookie + 100 });
        string text = new ScreenOf(ports: TenPorts).Feed(events).Tick(1).Text();
        Assert.Contains("mysql (7)", text, StringComparison.Ordinal);
        Assert.DoesNotContain("backup", text, StringComparison.Ordinal);
    }

    [Fact]
    public void WhoKeepsManyConnectionsIsNotBlamedForWhoTakesThePortsNow()
    {
        EventSequence events = Connections(6, pid: 7);
        foreach (TcpEvent e in Connections(2, pid: 8, firstPort: 40008, timeNs: 9 * Second).Events)
            events.Add(e with { Comm = Comm.From("shop"u8), Sock = e.Sock + 0x100, Cookie = e.Cookie + 100 });
        var screen = new ScreenOf(ports: TenPorts).Feed(events).Tick(1);
        Assert.Contains("shop (8)", screen.Text(), StringComparison.Ordinal);
        Assert.Contains("mysql (7)", screen.Tick(6).Text(), StringComparison.Ordinal); // and when nobody takes any
    }

    [Fact]
    public void TheFailuresOfOneProcessAreNotAnothers()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Exhausted(pid: 9, timeNs: 2 * Second)).Feed(Exhausted(pid: 9, timeNs: 3 * Second))
            .Feed(Exhausted(pid: 8, timeNs: 4 * Second));
        Assert.StartsWith(" NO PORT LEFT for mysql (8) to 127.0.0.2:3306: 1 failed, ", screen.Lines()[2], StringComparison.Ordinal);
        screen.Feed(Exhausted(pid: 9, timeNs: 5 * Second)).Tick(1);
        Assert.StartsWith(" NO PORT LEFT for mysql (9) to 127.0.0.2:3306: 3 failed, ", screen.Lines()[2], StringComparison.Ordinal);
    }

    [Fact]
    public void AFailureForWantOfAPortStandsOnEveryPageForAMinuteOnAGroundOfItsOwn()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(10, pid: 7)).Feed(Exhausted(pid: 9, timeNs: 2 * Second));
        foreach (char page in "123456?")
        {
            string line = screen.Keys($"{page}").Lines()[2];
            Assert.Equal(" NO PORT LEFT for mysql (9) to 127.0.0.2:3306: 1 failed, last now", line);
        }
        Assert.StartsWith(" NO PORT WAS LEFT for mysql (9) to 127.0.0.2:3306: 1 failed, last 90.0 s ago", screen.Tick(90).Lines()[2], StringComparison.Ordinal);
    }

    [Fact]
    public void WhatNobodyMayOverlookFitsThe80ColumnsThatASerialLineHas()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Exhausted(pid: 9, timeNs: 2 * Second));
        Assert.StartsWith(" NO PORT LEFT for mysql (9) to 127.0.0.2:3306: 1 failed, ", screen.Lines(80, 24)[2], StringComparison.Ordinal);
    }

    [Fact]
    public void ConnectionsAreSortedFilteredAndFollowed()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(8, pid: 7)).Tick(1).Keys("2");
        Assert.Equal(8, screen.Lines().Count(line => line.StartsWith("ESTABLISHED", StringComparison.Ordinal)));

        // What is typed counts at once; enter keeps it.
        screen.Keys("/lport:40003");
        Assert.Single(screen.Lines(), line => line.StartsWith("ESTABLISHED", StringComparison.Ordinal));
        screen.Key(ConsoleKey.Enter, '\r');
        Assert.Contains("filter lport:40003 (esc: none)", screen.Lines()[^1], StringComparison.Ordinal);

        screen.Key(ConsoleKey.DownArrow).Key(ConsoleKey.Enter, '\r');
        string text = screen.Text();
        Assert.Contains("127.0.0.1:40003 → 127.0.0.2:3306", text, StringComparison.Ordinal);
        Assert.Contains("mysql (7), learned at connect; role client", text, StringComparison.Ordinal);
        Assert.Matches(@"00:00:01\.\d{3} +ESTABLISHED +100 us in SYN_SENT", text);
        Assert.Contains("now ESTABLISHED for", text, StringComparison.Ordinal);

        screen.Key(ConsoleKey.Escape).Key(ConsoleKey.Escape);
        Assert.Equal(8, screen.Lines().Count(line => line.StartsWith("ESTABLISHED", StringComparison.Ordinal)));
    }

    [Fact]
    public void AWordThatIsWrongIsNotTaken()
    {
        var screen = new ScreenOf().Keys("2/port:70000");
        screen.Key(ConsoleKey.Enter, '\r');
        Assert.Contains("port:70000 is not a port number from 1 to 65535", screen.Lines()[^1], StringComparison.Ordinal);
        // It is still open: what is wrong does not count as a filter.
        screen.Key(ConsoleKey.Backspace).Key(ConsoleKey.Enter, '\r');
        Assert.Contains("filter port:7000 (esc: none)", screen.Lines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void AWordThatMeansNothingOnThePageIsSaid() =>
        Assert.Contains("not on this page: state:LISTEN", new ScreenOf().Keys("4/state:LISTEN").Lines()[^1], StringComparison.Ordinal);

    [Fact]
    public void AFilterIsShownAsOneOnlyWhereItCounts()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(3, pid: 7)).Tick(1).Keys("2/state:TIME_WAIT port:3306");
        screen.Key(ConsoleKey.Enter, '\r');
        Assert.StartsWith(" filter state:TIME_WAIT port:3306 (esc: none)  ←→", screen.Lines()[^1], StringComparison.Ordinal);
        Assert.StartsWith(" filter port:3306 (esc: none)  not on this page: state:TIME_WAIT  ←→", screen.Keys("3").Lines()[^1], StringComparison.Ordinal);
        Assert.StartsWith(" filter not on this page: state:TIME_WAIT port:3306 (esc: none)  ←→", screen.Keys("4").Lines()[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("state:", screen.Keys("5").Lines()[^1], StringComparison.Ordinal);
        // What does not fit is cut off before what is always there.
        Assert.Equal(" filter port:3306 (esc: none)  not on this p ? help  q quit", screen.Keys("3").Lines(60, 24)[^1]);
        Assert.DoesNotContain("filter ", screen.Key(ConsoleKey.Escape).Lines()[^1].Replace("/ filter ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void ATableThatAFilterLeavesEmptySaysSo()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(3, pid: 7)).Tick(1).Keys("2/port:22 state:ESTABLISHED");
        screen.Key(ConsoleKey.Enter, '\r');
        Assert.Contains("\n no connections match the filter port:22 state:ESTABLISHED\n", screen.Text(), StringComparison.Ordinal);
        // On other pages only what counts there.
        Assert.Contains("\n no destinations match the filter port:22\n", screen.Keys("3").Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("match the filter", screen.Keys("4").Text(), StringComparison.Ordinal);
        Assert.Contains("\n no recent events match the filter port:22 state:ESTABLISHED\n", screen.Keys("6").Text(), StringComparison.Ordinal);
        screen.Key(ConsoleKey.Escape).Keys("4/nobody");
        Assert.Contains("\n no processes match the filter nobody\n", screen.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void WhoLooksForAListenerIsToldHowToSeeIt()
    {
        var screen = new ScreenOf().Keys("2");
        Assert.Contains("\n no connection to show\n listeners: state:LISTEN\n", screen.Text(), StringComparison.Ordinal);
        Assert.Contains("\n no connections match the filter lport:22\n listeners: state:LISTEN\n", screen.Keys("/lport:22").Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("listeners", screen.Keys(" state:LISTEN").Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void TheConnectionsOfAPoolLeadBackToThePools()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(3, pid: 7)).Tick(1).Key(ConsoleKey.Enter, '\r');
        Assert.Contains("filter rport:3306 host:127.0.0.2 netns:4026531840 (esc: back)", screen.Lines()[^1], StringComparison.Ordinal);
        Assert.Equal(3, PortsOf(screen).Length);
        Assert.Contains("PORTS FROM", screen.Key(ConsoleKey.Escape).Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("filter rport", screen.Keys("2").Lines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void FreeWordsAreLookedForInWhateverARowSays()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(3, pid: 7)).Feed(Exhausted(pid: 9, timeNs: 2 * Second)).Keys("6/port_exh");
        Assert.Single(screen.Lines(), line => line.Contains("port_exhausted", StringComparison.Ordinal));
        Assert.Contains("no recent events match the filter port_exhxyz", screen.Keys("xyz").Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void EachColumnSortsAndTurnsRound()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(3, pid: 7)).Tick(1).Keys("2");
        // FOR is the second of them; two to the right are PID and COMM, then LOCAL.
        for (int i = 0; i < 3; i++)
            screen.Key(ConsoleKey.RightArrow);
        Assert.Equal(["40000", "40001", "40002"], PortsOf(screen));
        Assert.Equal(["40002", "40001", "40000"], PortsOf(screen.Key(ConsoleKey.I, 'i')));
    }

    [Fact]
    public void PausedTheScreenStaysAndTracingGoesOn()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(3, pid: 7)).Tick(1).Keys("2p");
        string before = screen.Text();
        Assert.Contains("PAUSED", before, StringComparison.Ordinal);
        screen.Feed(Connections(3, pid: 7, firstPort: 40005, firstSock: 0x9000, timeNs: 3 * Second));
        Assert.Equal(before, screen.Text());
        Assert.Equal(6, PortsOf(screen.Keys("p")).Length);
    }

    [Fact]
    public void AResetCountsAnew()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(3, pid: 7)).Tick(1);
        Assert.EndsWith("in all 3", Assert.Single(screen.Lines(), line => line.StartsWith(" connects", StringComparison.Ordinal)), StringComparison.Ordinal);
        screen.Keys("r");
        Assert.EndsWith("in all 0", Assert.Single(screen.Lines(), line => line.StartsWith(" connects", StringComparison.Ordinal)), StringComparison.Ordinal);
        // What is there now is still there.
        Assert.Contains("ESTABLISHED 3", screen.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void AResetCountsThePoolsAnewToo()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(3, pid: 7)).Feed(Exhausted(pid: 9, timeNs: 2 * Second)).Tick(1).Keys("3");
        Assert.Equal(("3", "4", "1", "4"), PoolCounts(screen));
        // The ports are still taken, and how fast is as it was.
        Assert.Equal(("3", "4", "0", "0"), PoolCounts(screen.Keys("r")));
        screen.Feed(Connections(2, pid: 7, firstPort: 40005, firstSock: 0x9000, timeNs: 4 * Second)).Feed(Exhausted(pid: 9, timeNs: 5 * Second));
        Assert.Equal(("5", "4", "1", "3"), PoolCounts(screen));
        Assert.Equal(("5", "4", "0", "0"), PoolCounts(screen.Keys("r")));
    }

    [Fact]
    public void APoolThatHadFailuresOnlyIsGoneAfterAReset()
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Exhausted(pid: 9, timeNs: 2 * Second)).Tick(1);
        Assert.Contains("127.0.0.2:3306 ", screen.Lines()[^30..].Single(line => line.Contains("0/10", StringComparison.Ordinal)), StringComparison.Ordinal);
        screen.Keys("r");
        Assert.Contains("no port is taken toward any destination", screen.Text(), StringComparison.Ordinal);
        Assert.Contains("no port is taken toward any destination", screen.Keys("3").Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatTheRunLeavesOutIsNotOnThePages()
    {
        var screen = new ScreenOf(new TraceFilter { Pid = 8 }, TenPorts).Feed(Connections(3, pid: 7)).Tick(1);
        Assert.Contains("no connection to show", screen.Keys("2").Text(), StringComparison.Ordinal);
        Assert.Contains("no process is known", screen.Keys("4").Text(), StringComparison.Ordinal);
        Assert.Contains("nothing has happened yet", screen.Keys("6").Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void AHostileNameDrivesNoTerminal()
    {
        EventSequence events = new();
        foreach (TcpEvent e in Connections(2, pid: 7).Events)
            events.Add(e with { Comm = Comm.From("\x1b[2J\u202e\u0007x"u8) });
        var screen = new ScreenOf(ports: TenPorts).Feed(events).Tick(1);
        foreach (char page in "123456")
            Assert.DoesNotContain(screen.Keys($"{page}").Text(), letter => char.IsControl(letter) && letter != '\n');
        Assert.Contains(@"\u001b[2J", screen.Keys("4").Text(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(20, 5)]
    [InlineData(79, 23)]
    [InlineData(500, 200)]
    public void NoSizeIsTooSmallOrTooLarge(int width, int height)
    {
        var screen = new ScreenOf(ports: TenPorts).Feed(Connections(10, pid: 7)).Feed(Exhausted(pid: 9, timeNs: 2 * Second)).Tick(1);
        foreach (char page in "123456?")
        {
            string[] lines = screen.Keys($"{page}").Lines(width, height);
            Assert.Equal(height, lines.Length);
            screen.Key(ConsoleKey.End).Key(ConsoleKey.PageUp).Key(ConsoleKey.Home);
            Assert.All(screen.Lines(width, height), line => Assert.InRange(line.Length, 0, width));
        }
    }

    private static string[] PortsOf(ScreenOf screen) =>
        [.. screen.Lines().Where(line => line.StartsWith("ESTABLISHED", StringComparison.Ordinal)).Select(line => line.Split("127.0.0.1:")[1][..5])];

    /// <summary>Of the only pool, where all of its columns are to be seen.</summary>
    private static (string Taken, string OpensPerSecond, string NoPort, string Opens) PoolCounts(ScreenOf screen)
    {
        Match match = Regex.Match(screen.Text(200, 40), @"127\.0\.0\.2:3306 +(\d+) +10 .* (\S+) +\S+ +(\d+) mysql \(\d+\) +(\d+) +4026531840$", RegexOptions.Multiline);
        return (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value, match.Groups[4].Value);
    }

    private static EventSequence Connections(int count, uint pid, ushort firstPort = 40000, ulong firstSock = 0x1000, long timeNs = Second)
    {
        var events = new EventSequence();
        for (int i = 0; i < count; i++)
        {
            ulong sock = firstSock + (ulong)i;
            ushort port = (ushort)(firstPort + i);
            events.Add(EventSequence.Transition(timeNs + (i * Ms), sock, sock, TcpState.Close, TcpState.SynSent, pid, 0, 3306))
                .Add(EventSequence.Transition(timeNs + (i * Ms) + 100_000, sock, sock, TcpState.SynSent, TcpState.Established, 0, port, 3306));
        }
        return events;
    }

    private static EventSequence Exhausted(uint pid, long timeNs) => new EventSequence()
        .Add(EventSequence.Transition(timeNs, 0x8000, 99, TcpState.Close, TcpState.SynSent, pid, 0, 3306))
        .Add(EventSequence.Transition(timeNs, 0x8000, 99, TcpState.SynSent, TcpState.Close, pid, 0, 3306, EventFlags.Held));
}

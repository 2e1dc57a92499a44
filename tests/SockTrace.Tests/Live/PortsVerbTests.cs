using System.Net.Sockets;
using System.Text.Json;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>The binary itself: what it says of a pool that was emptied, its options and exit codes.</summary>
public sealed class PortsVerbTests : IDisposable
{
    private const int Ports = 200, Server = 3306, AddressNotAvailable = 99;

    private readonly TestNamespace _netns;

    public PortsVerbTests()
    {
        Support.Live.RequireRoot();
        _netns = new TestNamespace();
        _netns.Sysctl("ipv4/ip_local_port_range", "40000 40199");
        _netns.Sysctl("ipv4/tcp_tw_reuse", "0");
    }

    public void Dispose() => _netns.Dispose();

    [Fact]
    public void APoolThatShortConnectionsHaveEmptiedIsTheFirstThingThatIsSaid()
    {
        Assert.Equal(AddressNotAvailable, Empty());
        (int exitCode, string output, string[] errors) = Run();
        Assert.Equal((0, ""), (exitCode, string.Join('\n', errors)));
        Assert.StartsWith("NO PORT LEFT from 127.0.0.1 to 127.0.0.1:3306", output, StringComparison.Ordinal);
        Assert.Contains("200 in TIME_WAIT, 0 live. At the earliest the first port", output, StringComparison.Ordinal);
        Assert.Contains("tcp_tw_reuse is 0. With 1, a connect() may", string.Join(' ', output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsSaidToBeReusableIsWhatConnectTakes()
    {
        // The delay is tcp_tw_reuse_delay, 1 s, and of 6.14; before it was a second likewise.
        Empty();
        Assert.Equal(0, Pool().Number("time_wait_reusable"));
        _netns.Sysctl("ipv4/tcp_tw_reuse", "2");
        Eventually.Soon(() => Pool().Number("time_wait_reusable") == Ports);
        Assert.Equal(0, _netns.Run(() => Connect(Server)));
        Assert.DoesNotContain("NO PORT LEFT", Run().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("80%", 1)]
    [InlineData("80", 1)]
    [InlineData("99.9", 1)]
    [InlineData("100%", 0)]
    public void FailAboveEndsWithOneIfAPoolIsFuller(string share, int expected)
    {
        Empty();
        (int exitCode, string output, string[] errors) = Run("--fail-above", share);
        Assert.Equal(expected, exitCode);
        Assert.Contains("NO PORT LEFT", output, StringComparison.Ordinal);
        Assert.Equal(expected == 0 ? [] : [$"socktrace: 127.0.0.1 -> 127.0.0.1:3306 is 100 % full: above {share.TrimEnd('%')} %"], errors);
    }

    [Fact]
    public void FailAboveOfNothingIsNoFailure() => Assert.Equal(0, Run("--fail-above", "0").ExitCode);

    [Fact]
    public void TheOwnerOfTheMostLiveSocketsIsNamed()
    {
        var sockets = new List<Socket>();
        _netns.Run(() => sockets = Traffic.ConnectMany(Traffic.Listen(Server), 5));
        JsonElement pool = Pool();
        sockets.ForEach(socket => socket.Dispose());
        Assert.Equal((Environment.ProcessId, 5), (pool.Number("pid"), pool.Number("held")));
        Assert.Equal(File.ReadAllText("/proc/self/comm").TrimEnd('\n'), pool.Text("comm"));
    }

    [Fact]
    public void WatchLooksAgainUntilCtrlC()
    {
        using var socktrace = SocktraceProcess.Launch("ports", "--watch", "100ms", "--netns", $"{_netns.Inode}");
        for (int looks = 0; looks < 3;)
        {
            string line = socktrace.Output.ReadLine()!;
            // The settings do not change from look to look.
            Assert.DoesNotContain("fin_timeout", line, StringComparison.Ordinal);
            if (line.StartsWith("No connection holds", StringComparison.Ordinal))
                looks++;
        }
        socktrace.Interrupt();
        Assert.DoesNotContain('\e', socktrace.Output.ReadToEnd());
        Assert.Equal(0, socktrace.WaitForExit());
    }

    [Fact]
    public void WatchAsJsonIsALineALook()
    {
        using var socktrace = SocktraceProcess.Launch("ports", "--json", "--watch", "100ms", "--netns", $"{_netns.Inode}");
        for (int i = 0; i < 3; i++)
            Assert.Equal(1, JsonElement.Parse(socktrace.Output.ReadLine()!).Number("schema"));
        socktrace.Terminate();
        socktrace.Output.ReadToEnd();
        Assert.Equal(0, socktrace.WaitForExit());
    }

    [Fact]
    public void WatchWithFailAboveEndsAsSoonAsAPoolIs()
    {
        using var socktrace = SocktraceProcess.Launch("ports", "--watch", "100ms", "--fail-above", "50%", "--netns", $"{_netns.Inode}");
        Assert.StartsWith("No connection holds", socktrace.Output.ReadLine(), StringComparison.Ordinal);
        Empty();
        socktrace.Output.ReadToEnd();
        Assert.Equal(1, socktrace.WaitForExit());
    }

    [Fact]
    public void OnATerminalItIsDrawnInPlace()
    {
        using var folder = new TempFolder();
        using var terminal = new TmuxTerminal(80, 3);
        string sent = folder.File("sent");
        terminal.CopyTo(sent);
        terminal.Run($"clear; '{SocktraceProcess.Binary}' ports --watch 100ms --netns {_netns.Inode}; echo exit $?");
        string[] frames = Eventually.Gives(() => FramesOf(sent) is { Length: > 4 } some ? some : null, () => terminal.Capture());
        terminal.Press("C-c");
        terminal.ShowsLine("exit 0$");
        // The first piece is what came before, and the last may not be whole.
        Assert.All(frames[1..^1], frame => Assert.Equal(2, frame.Count(c => c == '\n')));
        Assert.All(frames[1..^1], frame => Assert.StartsWith("\e[?7lNo connection holds", frame, StringComparison.Ordinal));

        static string[]? FramesOf(string sent) => File.Exists(sent) ? File.ReadAllText(sent).Split("\e[2J")[^1].Split("\e[H") : null;
    }

    [Fact]
    public void AnOrdinaryUserSeesItsOwnNamespaceAndIsToldSo()
    {
        using Socket listener = _netns.Run(() => Traffic.Listen(Server));
        List<Socket> sockets = _netns.Run(() => Traffic.ConnectMany(listener, 3));
        using SocktraceProcess text = _netns.Run(() => AsNobody("ports")), json = _netns.Run(() => AsNobody("ports", "--json"));
        string output = text.Output.ReadToEnd();
        JsonElement budget = JsonElement.Parse(json.Output.ReadToEnd());
        sockets.ForEach(socket => socket.Dispose());
        Assert.Equal((0, 0), (text.WaitForExit(), json.WaitForExit()));
        Assert.Contains("Seen as an ordinary user", output, StringComparison.Ordinal);
        Assert.False(budget.GetProperty("is_privileged").GetBoolean());
        JsonElement space = Assert.Single(budget.GetProperty("namespaces").EnumerateArray());
        Assert.Equal(_netns.Inode, space.Number("netns"));
        JsonElement pool = Assert.Single(space.GetProperty("pools").EnumerateArray());
        Assert.Equal((3L, null), (pool.Number("live"), pool.Number("pid")));
    }

    [Fact]
    public void AnOrdinaryUserMayNotEnterAnotherNamespace()
    {
        using SocktraceProcess socktrace = AsNobody("ports", "--netns", $"{_netns.Inode}");
        Assert.Equal("", socktrace.Output.ReadToEnd());
        Assert.Equal(3, socktrace.WaitForExit());
        Assert.StartsWith($"socktrace: no network namespace {_netns.Inode} can be seen", socktrace.ErrorLines()[0], StringComparison.Ordinal);
        Assert.StartsWith("hint: run as root", socktrace.ErrorLines()[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--watch 1ms", "--watch 1ms: not a time from 100ms to 10000h, such as 5s")]
    [InlineData("--watch often", "--watch often: not a time from 100ms")]
    [InlineData("--fail-above 101%", "--fail-above 101%: not a share from 0% to 100%, such as 80%")]
    [InlineData("--fail-above -1", "--fail-above -1: not a share from 0% to 100%")]
    [InlineData("--fail-above most", "--fail-above most: not a share")]
    [InlineData("--fail-above NaN", "--fail-above NaN: not a share")]
    [InlineData("--fail-above 80%%", "--fail-above 80%%: not a share")]
    [InlineData("--fail-above", "--fail-above: needs a value")]
    [InlineData("--netns no-such-netns", "--netns no-such-netns: no network namespace at /run/netns/no-such-netns")]
    [InlineData("now", "'now': one thing too many for ports")]
    public void AValueThatIsNoneIsQuotedWithWhatWouldBeRight(string arguments, string expected)
    {
        (int exitCode, string output, string[] errors) = SocktraceProcess.RunToEnd(["ports", .. arguments.Split(' ')]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith("socktrace: " + expected, Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void AReaderThatGoesAwayEndsItQuietly()
    {
        using var folder = new TempFolder();
        Assert.Equal((0, "", ""), Piped.Run("\"$S\" ports --watch 100ms | true; exit ${PIPESTATUS[0]}", folder));
        Assert.Equal((1, "", "socktrace: cannot write to standard output: no space left on device\n"), Piped.Run("\"$S\" ports >/dev/full", folder));
    }

    private (int ExitCode, string Output, string[] Errors) Run(params string[] arguments) =>
        SocktraceProcess.RunToEnd(["ports", "--netns", $"{_netns.Inode}", .. arguments]);

    private JsonElement Pool() => JsonElement.Parse(Run("--json").Output).GetProperty("namespaces")[0].GetProperty("pools")[0];

    /// <summary>Short connections until none is possible.</summary>
    /// <returns>errno of the one that failed.</returns>
    private int Empty() => _netns.Run(() =>
    {
        using Socket listener = Traffic.Listen(Server);
        for (int i = 0; i < Ports; i++)
        {
            (Socket client, Socket server) = Traffic.Connect(listener);
            client.Dispose();
            server.Dispose();
        }
        int errno = Connect(Server);
        _netns.WaitUntilQuietHere();
        return errno;
    });

    private static int Connect(int port)
    {
        using var socket = new RawSocket();
        int errno = socket.Connect(port);
        return errno == RawSocket.ConnectionRefused ? 0 : errno; // it had a port
    }

    private static SocktraceProcess AsNobody(params string[] arguments) => SocktraceProcess.LaunchThrough("setpriv",
        ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", SocktraceProcess.Binary, .. arguments]);
}

using System.Text;
using SockTrace.Ports;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Ports;

/// <summary>What a person is told, and in which order.</summary>
public sealed class PortsTextTests
{
    private const string Advice = "What to do";

    [Theory]
    [InlineData(0, 200, 0, "NO PORT LEFT from 10.0.0.1 to 10.0.0.2:3306: 200 of 200 taken", true)]
    [InlineData(0, 160, 0, "NEARLY OUT OF PORTS from 10.0.0.1 to 10.0.0.2:3306: 160 of 200 taken, 40 left", true)]
    [InlineData(159, 0, 0, "159 of 200 ports are taken from 10.0.0.1 to 10.0.0.2:3306, 41 left", true)]
    [InlineData(50, 0, 0, "50 of 200 ports are taken from 10.0.0.1 to 10.0.0.2:3306, 150 left", true)]
    [InlineData(49, 0, 0, "No pool is near its end. The fullest, from 10.0.0.1 to 10.0.0.2:3306, has 49 of 200 ports taken.", false)]
    [InlineData(0, 200, 195, "200 of 200 ports are taken from 10.0.0.1 to 10.0.0.2:3306, 195 left, 195 of them by taking over a TIME_WAIT (tcp_tw_reuse), if the peer sends timestamps", true)]
    public void TheFirstLineSaysHowNearTheEndIs(int live, int timeWait, int reusable, string expected, bool hasAdvice)
    {
        string text = Budgets.Text(Budgets.Namespace([Budgets.Pool(200, live, timeWait, reusable: reusable)]));
        Assert.StartsWith(expected, Unwrapped(text), StringComparison.Ordinal);
        Assert.Equal(hasAdvice, text.Contains(Advice, StringComparison.Ordinal));
    }

    [Fact]
    public void OfSeveralPoolsTheOneWithTheLeastLeftIsTold()
    {
        string text = Unwrapped(Budgets.Text(Budgets.Namespace(
            [Budgets.Pool(200, timeWait: 200, reusable: 200, raddr: "127.0.0.1"), Budgets.Pool(200, live: 170), Budgets.Pool(200, live: 180, raddr: "10.0.0.3")])));
        Assert.StartsWith("NEARLY OUT OF PORTS from 10.0.0.1 to 10.0.0.3:3306: 180 of 200 taken, 20 left (1 more pool is near its end)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void WhereNothingIsScarceTheFullestIsTold() => Assert.StartsWith("200 of 200 ports are taken from 10.0.0.1 to 127.0.0.1:3306, 200 left, 200 of them by taking over", Unwrapped(
        Budgets.Text(Budgets.Namespace([Budgets.Pool(200, timeWait: 200, reusable: 200, raddr: "127.0.0.1"), Budgets.Pool(200, live: 10)]))), StringComparison.Ordinal);

    [Fact]
    public void WhenPortsComeBackAndWhoHoldsThemFollows()
    {
        string text = Unwrapped(Budgets.Text(Budgets.Namespace([Budgets.Pool(200, live: 20, timeWait: 180, comm: "shop")])));
        Assert.Contains("180 in TIME_WAIT, 20 live. At the earliest the first port comes back in 11.8 s, the last in 59.1 s. 200 ports bear 3.33 connections a second.", text, StringComparison.Ordinal);
        Assert.Contains("shop (4711) holds all of the 20 live. A TIME_WAIT has no owner; who opens connections now shows: socktrace live --host 10.0.0.2 --rport 3306", text, StringComparison.Ordinal);
    }

    [Fact]
    public void NobodyIsBlamedForATimeWait()
    {
        string text = Unwrapped(Budgets.Text(Budgets.Namespace([Budgets.Pool(200, timeWait: 200)])));
        Assert.Contains("Nobody holds them: a TIME_WAIT has no owner.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void AdviceForTimeWaitsBeginsWithKeepingConnections()
    {
        string text = Unwrapped(Budgets.Text(Budgets.Namespace([Budgets.Pool(200, timeWait: 200)], listening: [80, 3306, 8080, 8081], reserved: "9000-9001")));
        AssertInOrder(text, "1. Keep connections", "2. Widen the range", "3. Use more addresses", "4. tcp_tw_reuse is 2, loopback only. With 1, a connect() may then take a port whose TIME_WAIT is older than 1 s (tcp_tw_reuse_delay)",
            "5. A program that bind()s", "Of no use: tcp_fin_timeout (now 60 s)", "tcp_tw_recycle is gone since Linux 4.12");
        AssertInOrder(text, "1024-65535 is 64507 ports and bears 1075.12 connections a second", "sysctl -w net.ipv4.ip_local_reserved_ports=3306,8080-8081,9000-9001 sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"");
    }

    [Fact]
    public void AdviceForOpenConnectionsIsNotAboutTimeWait()
    {
        string text = Unwrapped(Budgets.Text(Budgets.Namespace([Budgets.Pool(200, live: 200, closeWait: 190)])));
        AssertInOrder(text, "1. 200 of 200 are open connections, of which 190 stand in CLOSE_WAIT", "ss -tnpo 'dst 10.0.0.2 and dport = 3306'", "no setting of TIME_WAIT helps here", "2. Widen");
        Assert.DoesNotContain("tcp_tw_reuse=1", text, StringComparison.Ordinal);
    }

    [Fact]
    public void AdviceForOrphansIsTheFinTimeout()
    {
        string text = Unwrapped(Budgets.Text(Budgets.Namespace([Budgets.Pool(200, timeWait: 50, finWait2: 150)])));
        AssertInOrder(text, "1. 150 of 200 are orphans in FIN_WAIT2", "sysctl -w net.ipv4.tcp_fin_timeout=15", "it does not shorten TIME_WAIT", "2. Keep connections");
        Assert.Contains("Of no use: tcp_tw_recycle", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "10.0.0.2", 1, "tcp_tw_reuse is 0. With 1, a connect()")]
    [InlineData(1, "10.0.0.2", 1, "tcp_tw_reuse is 1, so it is on toward this destination: 10 of the 200 in TIME_WAIT are older than 1 s (tcp_tw_reuse_delay)")]
    [InlineData(2, "127.0.0.1", 1, "tcp_tw_reuse is 2, so it is on toward this destination")]
    [InlineData(1, "10.0.0.2", 0, "tcp_tw_reuse is 1, but needs tcp_timestamps, which is 0")]
    public void AdviceOnReuseKnowsWhatIsSet(long reuse, string raddr, long timestamps, string expected) => Assert.Contains(expected, Unwrapped(Budgets.Text(
        Budgets.Namespace([Budgets.Pool(200, timeWait: 200, reusable: 10, raddr: raddr)], reuse: reuse, timestamps: timestamps))), StringComparison.Ordinal);

    [Fact]
    public void ARangeThatIsAsWideAsItGetsIsNotToBeWidened() => Assert.DoesNotContain("Widen", Budgets.Text(
        Budgets.Namespace([Budgets.Pool(64512, live: 60000)], range: "1024\t65535")), StringComparison.Ordinal);

    [Fact]
    public void CommandsForAnotherNamespaceEnterIt()
    {
        string text = Budgets.Text(Budgets.Namespace([]), Budgets.Namespace([Budgets.Pool(200, timeWait: 200)], isOwn: false, netns: 2, name: "blue"));
        Assert.Contains("ip netns exec blue sysctl -w net.ipv4.tcp_tw_reuse=1\n", text, StringComparison.Ordinal);
        Assert.StartsWith("NO PORT LEFT from 10.0.0.1 to 10.0.0.2:3306 in netns blue", Unwrapped(text), StringComparison.Ordinal);
    }

    [Fact]
    public void AListenerInTheRangeIsToldWithTheCommandThatReservesItsPort()
    {
        string text = Unwrapped(Budgets.Text(Budgets.Namespace([], reserved: "40001", listeners: [new ListenerPort("0.0.0.0", 40080, 7, "mysqld"), new ListenerPort("::1", 40090, null, null)])));
        AssertInOrder(text, "2 listeners in the range: *:40080 mysqld (7), [::1]:40090.", "sysctl -w net.ipv4.ip_local_reserved_ports=40001,40080,40090");
    }

    [Fact]
    public void TwentyPoolsAreShownAndTheOthersCounted()
    {
        string text = Budgets.Text(Budgets.Namespace([.. Enumerable.Range(1, 23).Select(i => Budgets.Pool(200, live: i, raddr: $"10.0.1.{i}"))]));
        Assert.Equal(20, text.Split(":3306  from 10.0.0.1").Length - 1);
        Assert.Contains("\nand 3 pools more, none of them fuller (--json has all)\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void NamespacesInWhichNothingHappensAreOneLine()
    {
        string text = Budgets.Text(Budgets.Namespace([]), Budgets.Namespace([Budgets.Pool(200, live: 1)], isOwn: false, netns: 2, name: "blue"), Budgets.Namespace([], isOwn: false, netns: 3, name: "red"));
        Assert.Contains("Network namespace 2 (blue)", text, StringComparison.Ordinal);
        Assert.EndsWith("\n2 more network namespaces: no connection from their ranges\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Network namespace 1", text, StringComparison.Ordinal);
    }

    [Fact]
    public void NoLineIsWiderThanATerminal()
    {
        string text = Budgets.Text(Budgets.Namespace(
            [Budgets.Pool(200, timeWait: 200, laddr: "192.168.100.200", raddr: "192.168.100.201"), Budgets.Pool(200, live: 199, finWait2: 1, laddr: "192.168.100.200", raddr: "192.168.100.202", comm: "a-name-of-fifteen")]),
            Budgets.Namespace([Budgets.Pool(200, live: 50, comm: "nginx", laddr: "2001:db8:1111:2222:3333:4444:5555:6666", raddr: "2001:db8:1111:2222:3333:4444:5555:7777")], isOwn: false, netns: 4026532177, name: "blue"));
        Assert.All(text.Split('\n').Where(line => !line.Contains("sysctl", StringComparison.Ordinal)), line => Assert.InRange(line.Length, 0, PortsText.Width));
    }

    [Fact]
    public void WhatCouldNotBeSeenIsSaid()
    {
        NamespacePorts space = Budgets.Namespace([Budgets.Pool(200, live: 1)], sourceReason: "NETLINK_SOCK_DIAG: why");
        string text = Unwrapped(Encoding.UTF8.GetString(PortsText.Write(Budgets.Budget(space) with { Refused = 2 }, hasColours: false)));
        Assert.Contains("! 2 network namespaces could not be entered, which takes CAP_SYS_ADMIN.", text, StringComparison.Ordinal);
        Assert.Contains("! Read from /proc/net/tcp, which is slower and does not show sockets that are merely bound (NETLINK_SOCK_DIAG: why).", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ColoursAreThereForATerminalOnlyAndNamesCannotMakeSome()
    {
        PortBudget budget = Budgets.Budget(Budgets.Namespace([Budgets.Pool(200, live: 200, comm: "\e[2Jx")]));
        string plain = Encoding.UTF8.GetString(PortsText.Write(budget, hasColours: false)), coloured = Encoding.UTF8.GetString(PortsText.Write(budget, hasColours: true));
        Assert.DoesNotContain('\e', plain);
        Assert.StartsWith("\e[1;31mNO PORT LEFT", coloured, StringComparison.Ordinal);
        Assert.DoesNotContain("\e[2J", coloured, StringComparison.Ordinal);
        Assert.Contains("\\u001b[2Jx (4711)", plain, StringComparison.Ordinal);
    }

    private static void AssertInOrder(string text, params string[] parts)
    {
        int at = 0;
        foreach (string part in parts)
        {
            int found = text.IndexOf(part, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{part}' is not in: {text[at..]}");
            at = found + part.Length;
        }
    }

    /// <summary>Without the breaks of lines, and one space where there are several.</summary>
    private static string Unwrapped(string text) => string.Join(' ', text.Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries));
}

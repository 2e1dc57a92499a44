using System.Text.Json;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>What may happen to a TCP connection, against what the records say of it.</summary>
public sealed class ScenarioTests(ScenarioRun run) : IClassFixture<ScenarioRun>
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData("closed_by_client", "closed local", "closed remote")]
    [InlineData("closed_by_server", "closed remote", "closed local")]
    [InlineData("closed_by_both", "closed both", "closed both")]
    [InlineData("half_closed", "closed local", "closed remote")]
    [InlineData("orphan_with_late_fin", "closed local", "closed remote")]
    [InlineData("orphan_that_expires", "closed local", "reset_by_peer remote")]
    [InlineData("orphan_of_four_seconds", "closed local", "closed remote")]
    [InlineData("orphan_of_ninety_seconds", "closed local", "reset_by_peer remote")]
    [InlineData("abort_by_linger", "reset_by_us local", "reset_by_peer remote")]
    [InlineData("abort_by_unread_data", "reset_by_us local", "reset_by_peer remote")]
    [InlineData("abort_by_late_data", "reset_by_us local", "reset_by_peer remote")]
    [InlineData("reset_after_close", "reset_by_peer remote", "reset_by_us local")]
    [InlineData("killed", "closed local", "closed remote")]
    [InlineData("rst_onto_fin_wait2", "closed local", "reset_by_us local")]
    [InlineData("data_onto_fin_wait2", "closed local", "reset_by_peer remote")]
    [InlineData("overflow_of_orphan", "closed local", "reset_by_peer remote")]
    [InlineData("disconnected", "disconnected local", "reset_by_peer remote")]
    [InlineData("fast_open", "closed local", "closed remote")]
    [InlineData("mptcp", "closed local", "closed remote")]
    [InlineData("passed_on", "closed remote", "closed local")]
    [InlineData("forked", "closed local", "closed remote")]
    [InlineData("threads", "closed local", "closed remote")]
    [InlineData("netns_removed", "closed local", "closed remote")]
    public void BothEndsKnowWhyTheyEndedAndByWhom(string name, string client, string server)
    {
        Scenario scenario = run[name];
        Assert.Equal(client, Ending(Assert.Single(scenario.Conns("client"))));
        Assert.Equal(server, Ending(Assert.Single(scenario.Conns("server"))));
        Assert.Equal("closed local", Ending(Assert.Single(scenario.Conns("listener"))));
        Assert.Empty(scenario.Conns("unknown"));
        Assert.Empty(scenario.OfType("port_exhausted"));
    }

    [Fact]
    public void WhatIsReplayedTellsTheSame()
    {
        RecordedTrace replayed = run.Replay();
        Assert.Equal(run.Trace.OfType("state").Select(Text), replayed.OfType("state").Select(Text));
        Assert.Equal(run.Trace.OfType("conn").Select(Text), replayed.OfType("conn").Select(Text));
        Assert.Equal(run.Trace.OfType("time_wait").Select(Text), replayed.OfType("time_wait").Select(Text));
        Assert.Equal(run.Trace.OfType("port_exhausted").Select(Text), replayed.OfType("port_exhausted").Select(Text));

        // A mini-socket is armed a little before its connection's CLOSE, and of a trace only that is known.
        static string Text(JsonElement record) => string.Join(' ', record.EnumerateObject()
            .Select(field => field.Name is "began" or "duration_ns" or "fin_wait2_ns" or "reuse_gap_ns" ? field.Name : field.ToString()));
    }

    [Theory]
    [InlineData("refused", "refused remote", 111)]
    [InlineData("into_the_void", "timed_out", 110)]
    [InlineData("unreachable", "unreachable", 113)]
    [InlineData("given_up", "disconnected local", 115)]
    public void AConnectThatFailsSaysWhy(string name, string ending, long errno)
    {
        Scenario scenario = run[name];
        Assert.Equal(errno, scenario.Said("errno"));
        JsonElement client = Assert.Single(scenario.OfType("conn"));
        Assert.Equal(ending, Ending(client));
        Assert.Equal(["SYN_SENT", "CLOSE"], scenario.StatesOf(client));
        Assert.Equal((scenario.Pid, "scenarios", "connect"), Owner(client));
        Assert.InRange(client.Number("lport") ?? 0, 32768, 60999);
        Assert.Null(client.Number("connect_ns"));
        Assert.Empty(scenario.OfType("port_exhausted"));
        Assert.Empty(scenario.OfType("time_wait"));
    }

    [Theory]
    [InlineData("fast_open_unused")]
    [InlineData("fast_open_disconnected")]
    public void AFastOpenThatSendsNothingIsNoExhaustion(string name)
    {
        Scenario scenario = run[name];
        Assert.Equal(0, scenario.Said("errno"));
        JsonElement client = Assert.Single(scenario.OfType("conn"));
        Assert.Equal("disconnected local", Ending(client));
        Assert.InRange(client.Number("lport") ?? 0, 32768, 60999);
        Assert.Empty(scenario.OfType("port_exhausted"));
    }

    [Fact]
    public void ABoundConnectOfWhichTheFourTupleIsTakenIsNoExhaustion()
    {
        Scenario scenario = run["four_tuple_taken"];
        Assert.Equal(99, scenario.Said("errno"));
        Assert.Equal(["unknown", "closed local"], scenario.Conns("client").Select(Ending));
        Assert.Empty(scenario.OfType("port_exhausted"));
    }

    [Theory]
    [InlineData("closed_by_client", "SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSE", "SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE")]
    [InlineData("closed_by_server", "SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE", "SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSE")]
    [InlineData("closed_by_both", "SYN_SENT ESTABLISHED FIN_WAIT1 CLOSING CLOSE", "SYN_RECV ESTABLISHED FIN_WAIT1 CLOSING CLOSE")]
    [InlineData("abort_by_linger", "SYN_SENT ESTABLISHED CLOSE", "SYN_RECV ESTABLISHED CLOSE")]
    [InlineData("fast_open", "SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSE", "SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE")]
    public void TheStatesAreThoseOfTheKernelInOrder(string name, string client, string server)
    {
        Scenario scenario = run[name];
        Assert.Equal(client.Split(' '), scenario.StatesOf(Assert.Single(scenario.Conns("client"))));
        Assert.Equal(server.Split(' '), scenario.StatesOf(Assert.Single(scenario.Conns("server"))));
    }

    [Theory]
    [InlineData("closed_by_client", "client")]
    [InlineData("closed_by_server", "server")]
    [InlineData("half_closed", "client")]
    [InlineData("killed", "client")]
    [InlineData("fast_open", "client")]
    [InlineData("passed_on", "server")]
    [InlineData("threads", "client")]
    public void WhoClosedFirstIsInTimeWaitForAMinute(string name, string role)
    {
        Scenario scenario = run[name];
        JsonElement waited = Assert.Single(scenario.OfType("time_wait"));
        JsonElement conn = Assert.Single(scenario.Conns(role));
        Assert.Equal(conn.Text("id"), waited.Text("id"));
        AssertExpired(waited);
        // It may have waited for the peer's FIN first.
        TimeSpan finWait2 = TimeSpan.FromMicroseconds((waited.Number("fin_wait2_ns") ?? 0) / 1000.0);
        Assert.InRange((Time(waited, "began") - finWait2 - Time(conn, "ts")).Duration(), TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void WhenBothClosedBothAreInTimeWait()
    {
        JsonElement[] waited = run["closed_by_both"].OfType("time_wait");
        Assert.Equal(2, waited.Length);
        Assert.All(waited, AssertExpired);
    }

    [Fact]
    public void AnOrphansFinWait2IsCountedApart()
    {
        foreach (string name in (string[])["orphan_with_late_fin", "orphan_of_four_seconds"])
        {
            JsonElement late = Assert.Single(run[name].OfType("time_wait"));
            AssertExpired(late);
            Assert.InRange(late.Number("fin_wait2_ns") ?? 0, 1.9 * Second, 2.5 * Second);
        }

        JsonElement never = Assert.Single(run["orphan_that_expires"].OfType("time_wait"));
        Assert.Equal("expired", never.Text("ended"));
        Assert.InRange(never.Number("fin_wait2_ns") ?? 0, 5 * Second, 6 * Second);
        Assert.Null(never.Text("began"));
        Assert.Null(never.Number("duration_ns"));
    }

    [Fact]
    public void BeyondAMinuteAnOrphanIsAFullSocketFirst()
    {
        Scenario scenario = run["orphan_of_ninety_seconds"];
        JsonElement client = Assert.Single(scenario.Conns("client"));
        // Half a minute, and up to a bucket of the timer wheel: 2.048 s at HZ=250.
        Assert.InRange(client.GetProperty("states").GetProperty("FIN_WAIT2").GetInt64(), 29 * Second, 33 * Second);
        JsonElement never = Assert.Single(scenario.OfType("time_wait"));
        // tcp_keepalive_timer() gives the mini-socket the difference too, and not the minute.
        Assert.InRange(never.Number("fin_wait2_ns") ?? 0, 29 * Second, 33 * Second);
        Assert.Null(never.Number("duration_ns"));
    }

    [Theory]
    [InlineData("tw_reuse", "reused", 1.5)]
    [InlineData("syn_onto_time_wait", "reopened", 1.5)]
    [InlineData("rst_onto_time_wait", "killed", 0.2)]
    public void ATimeWaitThatEndsEarlySaysHow(string name, string ended, double seconds)
    {
        JsonElement first = run[name].OfType("time_wait")[0];
        Assert.Equal((ended, "measured"), (first.Text("ended"), first.Text("precision")));
        Assert.InRange(first.Number("duration_ns") ?? 0, (seconds * Second) - (0.02 * Second), (seconds + 1) * Second);
    }

    [Theory]
    [InlineData("rst_onto_fin_wait2")]
    [InlineData("data_onto_fin_wait2")] // the kernel answers it with a RST, where it takes a SYN that reopens
    public void ARstKillsAnOrphan(string name)
    {
        JsonElement killed = Assert.Single(run[name].OfType("time_wait"));
        Assert.Equal("killed", killed.Text("ended"));
        Assert.InRange(killed.Number("fin_wait2_ns") ?? 0, 0.9 * Second, 2 * Second);
        Assert.Null(killed.Number("duration_ns"));
    }

    [Fact]
    public void ATimeWaitEndsWithItsNamespace() =>
        Assert.Equal("killed", Assert.Single(run["netns_removed"].OfType("time_wait")).Text("ended"));

    [Fact]
    public void WhatTheKernelHasNoRoomForIsToldFromTimeWait()
    {
        JsonElement[] waited = run["bucket_overflow"].OfType("time_wait");
        Assert.Equal(["expired", "expired", "overflow", "overflow", "overflow"], waited.Select(wait => wait.Text("ended")).Order());
        Assert.All(waited.Where(wait => wait.Text("ended") == "overflow"), wait => Assert.Null(wait.Number("duration_ns")));
        Assert.Equal("overflow", Assert.Single(run["overflow_of_orphan"].OfType("time_wait")).Text("ended"));
    }

    [Fact]
    public void AClientThatTakesOverATimeWaitSaysSo()
    {
        JsonElement[] clients = run["tw_reuse"].Conns("client");
        Assert.Null(clients[0].Text("reuse"));
        Assert.Equal("in_time_wait", clients[1].Text("reuse"));
        Assert.InRange(clients[1].Number("reuse_gap_ns") ?? 0, 1.4 * Second, 3 * Second);

        clients = run["syn_onto_time_wait"].Conns("client");
        Assert.Equal([null, "after_time_wait"], clients.Select(client => client.Text("reuse")));
    }

    [Theory]
    [InlineData("exhausted", "ipv4", "127.0.0.1", 6, 2)]
    [InlineData("exhausted_v6", "ipv6", "::1", 6, 2)]
    [InlineData("exhausted_mapped", "ipv6", "127.0.0.1", 6, 2)]
    [InlineData("exhausted_bound", "ipv4", "127.0.0.2", 6, 2)]
    [InlineData("exhausted_own_range", "ipv4", "127.0.0.1", 4, 1)]
    [InlineData("exhausted_reserved", "ipv4", "127.0.0.1", 3, 2)]
    public void AConnectWithoutAPortIsToldWithItsPool(string name, string family, string laddr, long pool, int failures)
    {
        Scenario scenario = run[name];
        Assert.Equal(failures, scenario.Said("failures"));
        JsonElement[] exhausted = scenario.OfType("port_exhausted");
        Assert.Equal(failures, exhausted.Length);
        Assert.All(exhausted, record =>
        {
            Assert.Equal((family, laddr, (long?)7777), (record.Text("family"), record.Text("laddr"), record.Number("rport")));
            Assert.Null(record.Number("lport"));
            Assert.Equal((pool, pool), (record.Number("pool"), record.Number("taken")));
            Assert.Equal((scenario.Pid, "scenarios", "connect"), Owner(record));
        });
        JsonElement[] failed = [.. scenario.Conns("client").Where(conn => conn.Text("close_reason") == "port_exhausted")];
        Assert.Equal(exhausted.Select(record => record.Text("id")), failed.Select(conn => conn.Text("id")));
    }

    [Fact]
    public void WhoWaitedForAcceptWhenTheListenerClosedIsTold()
    {
        Scenario scenario = run["listener_closed"];
        Assert.Equal(Enumerable.Repeat("listener_closed local", 3), scenario.Conns("server").Select(Ending));
        Assert.Equal(Enumerable.Repeat("reset_by_peer remote", 3), scenario.Conns("client").Select(Ending));
        Assert.All(scenario.Conns("server"), conn => Assert.Equal("unknown", conn.Text("owner_from")));
    }

    [Fact]
    public void ASocketThatConnectsAgainIsTwoConnectionsWithOneId()
    {
        Scenario scenario = run["connects_again"];
        JsonElement[] clients = scenario.Conns("client");
        Assert.Equal(["refused remote", "closed local"], clients.Select(Ending));
        Assert.Equal(clients[0].Text("id"), clients[1].Text("id"));
        Assert.Equal(scenario.Said("lport"), clients[1].Number("lport"));
        Assert.NotEqual(clients[0].Number("lport"), clients[1].Number("lport"));
    }

    [Fact]
    public void TheOwnerIsTheProcessAndNotItsThreadOrWhoWasThere()
    {
        Scenario threads = run["threads"];
        Assert.Equal((threads.Pid, "scenarios", "connect"), Owner(Assert.Single(threads.Conns("client"))));

        Scenario killed = run["killed"];
        Assert.Equal((killed.Said("child"), "victim", "connect"), Owner(Assert.Single(killed.Conns("client"))));

        Scenario forked = run["forked"];
        Assert.Equal((forked.Pid, "scenarios", "connect"), Owner(Assert.Single(forked.Conns("client"))));
    }

    [Fact]
    public void AnAcceptedSocketIsOfWhoAcceptedItOrElseOfWhoClosedIt()
    {
        Scenario scenario = run["passed_on"];
        (long pid, string comm, string from) = Owner(Assert.Single(scenario.Conns("server")));
        if (from == "accept")
            Assert.Equal((scenario.Pid, "scenarios"), (pid, comm));
        else
            Assert.Equal((scenario.Said("worker"), "worker", "close"), (pid, comm, from));
    }

    [Fact]
    public void EightConnectionsThroughTwoListenersAreEight()
    {
        Scenario scenario = run["reuseport"];
        Assert.Equal(8, scenario.Conns("client").Length);
        Assert.Equal(8, scenario.Conns("server").Length);
        Assert.Equal(2, scenario.Conns("listener").Length);
    }

    [Fact]
    public void WhatWasOpenBeforeIsKnownFromASnapshot()
    {
        Scenario scenario = run["open_before"];
        JsonElement[] ends = scenario.Conns("unknown");
        Assert.Equal(["closed local", "closed remote"], ends.Select(Ending).Order());
        Assert.All(ends, conn =>
        {
            Assert.Equal((scenario.Pid, "scenarios", "snapshot"), Owner(conn));
            Assert.Null(conn.Text("opened"));
            Assert.Null(conn.Number("lifetime_ns"));
        });
        Assert.Equal((scenario.Pid, "scenarios", "snapshot"), Owner(Assert.Single(scenario.Conns("listener"))));
        JsonElement waited = Assert.Single(scenario.OfType("time_wait"));
        AssertExpired(waited);
    }

    [Fact]
    public void NothingIsLostAndTheKernelCountsTheSame()
    {
        run.Trace.AssertWhole();
        Assert.Equal("measured", run.Trace.Header.Text("time_wait"));
        // What another test's sockets did while the programs were being attached may not match.
        Assert.InRange(run.Trace.End.Number("unmatched") ?? -1, 0, run.ForeignSockets);

        JsonElement[] audits = [.. run.Trace.End.GetProperty("audit").EnumerateArray()];
        Assert.All(audits.Where(audit => run.IsScenarios(audit.Number("netns"))), audit =>
            Assert.Equal(audit.GetProperty("kernel").GetRawText(), audit.GetProperty("trace").GetRawText()));
        Assert.Contains(audits, audit => audit.Number("netns") == run["exhausted"].Netns);
        // The kernel counts it as TWKilled, and not as TW.
        Assert.Contains(audits, audit => audit.Number("netns") == run["orphan_of_four_seconds"].Netns
            && audit.GetProperty("trace").Number("TW") == 1);
        Assert.Contains(audits, audit => audit.Number("netns") == run["bucket_overflow"].Netns
            && audit.GetProperty("trace").Number("TCPTimeWaitOverflow") == 3);
    }

    private static void AssertExpired(JsonElement waited)
    {
        Assert.Equal(("expired", "measured"), (waited.Text("ended"), waited.Text("precision")));
        // The timer wheel is late by a slot at most, at HZ 100 about 8 s.
        Assert.InRange(waited.Number("duration_ns") ?? 0, 60 * Second - (Second / 100), 68 * Second);
    }

    private static string Ending(JsonElement conn) =>
        conn.Text("closed_by") is string by ? $"{conn.Text("close_reason")} {by}" : conn.Text("close_reason")!;

    private static (long Pid, string Comm, string From) Owner(JsonElement record) =>
        (record.Number("pid") ?? 0, record.Text("comm") ?? "", record.Text("owner_from") ?? "");

    private static DateTime Time(JsonElement record, string name) => record.GetProperty(name).GetDateTime();
}

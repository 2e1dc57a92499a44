using System.Net.Sockets;
using System.Text.Json;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary><c>socktrace record</c> with real sockets.</summary>
public sealed class RecordTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public RecordTests() => Support.Live.RequireRoot();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OfOneNamespaceTheHeaderHasItsSettings()
    {
        using var netns = new TestNamespace();
        netns.Sysctl("ipv4/ip_local_port_range", "40000 40199");
        (int exitCode, string output, _) = SocktraceProcess.RunToEnd("record", "-o", "-", "--netns", $"{netns.Inode}", "--duration", "100ms");
        Assert.Equal(0, exitCode);
        Assert.Equal("40000-40199", RecordedTrace.Parse(output).Header.Text("port_range"));
    }

    [Fact]
    public void FortyThousandConnectionsAreAllThereAndAgreeWithTheKernelsCounters()
    {
        const int Connections = 40_000, Attempts = 3;
        for (int attempt = 1; ; attempt++)
        {
            using var netns = new TestNamespace();
            string path = _folder.File($"{attempt}.ndjson");
            using var socktrace = SocktraceProcess.Start("record", "-o", path, "--source", "bpf");

            netns.Run(() => Traffic.Cycle(Connections, 7777));
            netns.WaitUntilQuiet();
            socktrace.Terminate();
            Assert.Equal(0, socktrace.WaitForExit());

            var trace = RecordedTrace.Read(path);
            trace.AssertWhole();
            if (attempt < Attempts && TracepointsWereSilent(trace, netns, Connections))
                continue;
            AssertAllThere(trace, netns, Connections);
            return;
        }
    }

    /// <summary>
    /// On one kernel all tracepoints are silent at times while a packet is processed, for everybody (README,
    /// Limitations): of one socket, seldom of two, no more is told, and of all others everything. Such a run
    /// says nothing, and another is made; a run that lacks anything else fails.
    /// </summary>
    private static bool TracepointsWereSilent(RecordedTrace trace, TestNamespace netns, int connections)
    {
        var transitions = new Dictionary<string, List<string>>();
        foreach (JsonElement state in trace.OfType("state").Where(state => state.Number("netns") == netns.Inode))
        {
            if (!transitions.TryGetValue(state.Text("id")!, out List<string>? its))
                transitions.Add(state.Text("id")!, its = []);
            its.Add(state.Text("new")!);
        }
        List<string>[] unended = [.. transitions.Values.Where(its => its[^1] != "CLOSE")];
        foreach (List<string> its in unended)
            TestContext.Current.TestOutputHelper!.WriteLine($"a socket of which nothing was told after {its[^1]}");
        if (unended.Length is not (1 or 2))
            return false;
        // Both ends of each connection, and the listener.
        Assert.Equal((2 * connections) + 1, transitions.Count);
        Assert.All(transitions.Values.Except(unended), its => Assert.Equal(its[0] == "LISTEN" ? 2 : 5, its.Count));
        return true;
    }

    private static void AssertAllThere(RecordedTrace trace, TestNamespace netns, int connections)
    {
        Assert.Equal(netns.Counter("Tcp", "ActiveOpens"), trace.Conns("client", netns.Inode).Count());
        Assert.Equal(netns.Counter("Tcp", "PassiveOpens"), trace.Conns("server", netns.Inode).Count());
        Assert.Equal(connections, trace.Conns("client", netns.Inode).Count());

        // Five transitions at each end, and two of the listener's.
        IEnumerable<JsonElement> states = trace.OfType("state").Where(state => state.Number("netns") == netns.Inode);
        Assert.Equal((10 * connections) + 2, states.Count());
        Assert.All(trace.Conns("client", netns.Inode), conn =>
        {
            JsonElement times = conn.GetProperty("states");
            Assert.Equal(["SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2"], times.EnumerateObject().Select(time => time.Name));
            Assert.Equal(conn.Number("lifetime_ns"), times.EnumerateObject().Sum(time => time.Value.GetInt64()));
            Assert.Equal(Environment.ProcessId, conn.Number("pid"));
            Assert.Equal("connect", conn.Text("owner_from"));
        });
        Assert.Equal(
            Enumerable.Range(1, (int)trace.End.GetProperty("totals").GetProperty("state").GetInt64()).Select(i => (long?)i),
            trace.OfType("state").Select(state => state.Number("seq")));
    }

    [Fact]
    public void BytesAreThePayloadAtBothEnds()
    {
        using var netns = new TestNamespace();
        string path = _folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("record", "-o", path);

        netns.Run(() =>
        {
            using Socket listener = Traffic.Listen(7777);
            (Socket client, Socket server) = Traffic.Connect(listener);
            client.Send(new byte[1234]);
            Receive(server, 1234);
            server.Send(new byte[77]);
            Receive(client, 77);
            client.Shutdown(SocketShutdown.Send);
            Receive(server, 0);
            server.Dispose();
            client.Dispose();
        });
        netns.WaitUntilQuiet();
        socktrace.Interrupt();
        Assert.Equal(0, socktrace.WaitForExit());

        var trace = RecordedTrace.Read(path);
        JsonElement client = Assert.Single(trace.Conns("client", netns.Inode));
        JsonElement server = Assert.Single(trace.Conns("server", netns.Inode));
        Assert.Equal((1234, 77), (client.Number("bytes_sent"), client.Number("bytes_received")));
        Assert.Equal((77, 1234), (server.Number("bytes_sent"), server.Number("bytes_received")));
        Assert.Equal(client.Number("lport"), server.Number("rport"));
    }

    [Fact]
    public void IPv6AndMappedAddressesReadAsTheyShould()
    {
        using var netns = new TestNamespace();
        string path = _folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("record", "-o", path);

        netns.Run(() =>
        {
            using (Socket listener = Traffic.Listen(7777, "::1"))
                CloseBoth(Traffic.Connect(listener));

            using var dual = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            dual.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.IPv6Any, 7778));
            dual.Listen(1);
            CloseBoth(Traffic.Connect(dual, "::ffff:127.0.0.1"));
        });
        netns.WaitUntilQuiet();
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        var trace = RecordedTrace.Read(path);
        Assert.Equal(
            [("ipv6", "::1", "::1", 7777L), ("ipv6", "127.0.0.1", "127.0.0.1", 7778L)],
            trace.Conns("client", netns.Inode).Select(conn =>
                (conn.Text("family"), conn.Text("laddr"), conn.Text("raddr"), conn.Number("rport") ?? 0)));
        Assert.Equal(
            [("ipv6", "::1", 7777L), ("ipv6", "127.0.0.1", 7778L)],
            trace.Conns("server", netns.Inode).Select(conn =>
                (conn.Text("family"), conn.Text("laddr"), conn.Number("lport") ?? 0)));
    }

    [Theory]
    [InlineData(new[] { "--port", "7778" }, 2)]
    [InlineData(new[] { "--rport", "7778" }, 1)]
    [InlineData(new[] { "--lport", "7778" }, 1)]
    [InlineData(new[] { "--host", "127.0.0.2" }, 2)]
    [InlineData(new[] { "--host", "127.0.0.0/30", "--port", "7777" }, 2)]
    [InlineData(new[] { "--family", "6" }, 0)]
    [InlineData(new[] { "--min-lifetime", "1h" }, 0)]
    [InlineData(new[] { "--comm", "no-such-*" }, 0)]
    public void AFilterLetsThroughWhatMatchesAndNothingElse(string[] filter, int expected)
    {
        using var netns = new TestNamespace();
        string path = _folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start(["record", "-o", path, "--netns", $"{netns.Inode}", .. filter]);

        netns.Run(() =>
        {
            using Socket first = Traffic.Listen(7777);
            using Socket second = Traffic.Listen(7778, "127.0.0.2");
            CloseBoth(Traffic.Connect(first));
            CloseBoth(Traffic.Connect(second));
        });
        netns.WaitUntilQuiet();
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        var trace = RecordedTrace.Read(path);
        Assert.Equal(expected, trace.OfType("conn").Count(conn => conn.Text("role") is "client" or "server"));
        Assert.Contains(filter[0], trace.Header.Text("filters"), StringComparison.Ordinal);
    }

    [Fact]
    public void AFilterByOwnerKnowsTheProcess()
    {
        using var netns = new TestNamespace();
        string mine = _folder.File("mine.ndjson"), others = _folder.File("others.ndjson");
        using var ofMine = SocktraceProcess.Start("record", "-o", mine, "--pid", $"{Environment.ProcessId}");
        using var ofOthers = SocktraceProcess.Start("record", "-o", others, "--pid", "1");

        netns.Run(() => Traffic.Cycle(3, 7777));
        netns.WaitUntilQuiet();
        ofMine.Terminate();
        ofOthers.Terminate();
        Assert.Equal(0, ofMine.WaitForExit());
        Assert.Equal(0, ofOthers.WaitForExit());

        Assert.Equal(3, RecordedTrace.Read(mine).Conns("client", netns.Inode).Count());
        Assert.Empty(RecordedTrace.Read(others).Conns("client", netns.Inode));
    }

    [Fact]
    public void WhatAFilterRulesOutIsNotFollowed()
    {
        using var netns = new TestNamespace();
        string path = _folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("record", "-o", path, "--port", "7999", "--max-connections", "10");

        netns.Run(() =>
        {
            using Socket wanted = Traffic.Listen(7999);
            (Socket client, Socket server) = Traffic.Connect(wanted);
            Traffic.Cycle(500, 7777);
            CloseBoth((client, server));
        });
        netns.WaitUntilQuiet();
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        var trace = RecordedTrace.Read(path);
        trace.AssertWhole();
        Assert.Equal(["client", "listener", "server"], trace.OfType("conn").Select(conn => conn.Text("role")).Order());
        Assert.All(trace.OfType("conn"), conn => Assert.NotNull(conn.Number("lifetime_ns")));
        Assert.Equal(0, trace.End.Number("unmatched"));
    }

    [Fact]
    public void ASocketThatConnectsAgainHasNotItsLastPort()
    {
        using var netns = new TestNamespace();
        string path = _folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("record", "-o", path);

        int port = netns.Run(() =>
        {
            using Socket listener = Traffic.Listen(7777);
            using var client = new RawSocket();
            Assert.Equal(RawSocket.ConnectionRefused, client.Connect(9));
            Assert.Equal(0, client.Connect(7777));
            using Socket server = listener.Accept();
            return client.LocalPort;
        });
        netns.WaitUntilQuiet();
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        var trace = RecordedTrace.Read(path);
        JsonElement[] attempts = [.. trace.OfType("state").Where(
            state => state.Number("netns") == netns.Inode && state.Text("new") == "SYN_SENT")];
        Assert.Equal([9L, 7777L], attempts.Select(attempt => attempt.Number("rport")));
        Assert.All(attempts, attempt => Assert.Null(attempt.Number("lport")));
        Assert.Equal(port, Assert.Single(trace.Conns("client", netns.Inode), conn => conn.Number("rport") == 7777).Number("lport"));
    }

    [Fact]
    public void AListenerThatAnAdministratorKillsIsNotHis()
    {
        using var netns = new TestNamespace();
        string path = _folder.File("trace.ndjson");
        netns.Run(() =>
        {
            using Socket listener = Traffic.Listen(7777);
            using var socktrace = SocktraceProcess.Start("record", "-o", path);
            (int exitCode, _) = SocktraceProcess.Shell("ss -KHtl sport = :7777");
            Assert.Equal(0, exitCode);
            listener.Dispose();
            socktrace.Terminate();
            Assert.Equal(0, socktrace.WaitForExit());
        });

        JsonElement closed = Assert.Single(RecordedTrace.Read(path).OfType("conn"), conn => conn.Number("netns") == netns.Inode);
        Assert.Equal("snapshot", closed.Text("owner_from"));
        Assert.Equal(Environment.ProcessId, closed.Number("pid"));
    }

    [Fact]
    public void TwoSignalsAtOnceAreOneWish()
    {
        string path = _folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("record", "-o", path);
        socktrace.Terminate();
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());
        RecordedTrace.Read(path).AssertWhole();
    }

    [Fact]
    public void DurationEndsTheRun()
    {
        string path = _folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("record", "-o", path, "--duration", "300ms");
        Assert.Equal(0, socktrace.WaitForExit());
        RecordedTrace.Read(path).AssertWhole();
    }

    [Fact]
    public void ATraceIsReadableByItsOwnerOnly()
    {
        string path = _folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("record", "-o", path, "--duration", "100ms");
        Assert.Equal(0, socktrace.WaitForExit());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    private static void CloseBoth((Socket Client, Socket Server) connection)
    {
        connection.Client.Dispose();
        connection.Server.Dispose();
    }

    private static void Receive(Socket socket, int count)
    {
        byte[] buffer = new byte[count + 1];
        int received = 0;
        do
        {
            int read = socket.Receive(buffer, received, buffer.Length - received, SocketFlags.None);
            received += read;
            if (read == 0)
                break;
        }
        while (received < count);
        Assert.Equal(count, received);
    }
}

using System.Net.Sockets;
using System.Text.Json;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>Sockets older than the tool, and what is left after a loss.</summary>
public sealed class SnapshotTests
{
    public SnapshotTests() => Support.Live.RequireRoot();

    [Fact]
    public void TenThousandSocketsAreThereAtOnceWithTheirOwners()
    {
        const int Connections = 5_000; // two sockets each
        using var netns = new TestNamespace();
        using var folder = new TempFolder();
        string path = folder.File("trace.ndjson");
        netns.Run(() =>
        {
            using Socket listener = Traffic.Listen(7778);
            List<Socket> sockets = Traffic.ConnectMany(listener, Connections);
            // Other tests share the machine: the best of a few starts.
            long best = long.MaxValue;
            for (int i = 0; i < 4 && best > 200; i++)
                best = Math.Min(best, MillisecondsOfSnapshot(netns, folder.File($"{i}.ndjson"), Connections));
            Assert.InRange(best, 0, 200);

            using var socktrace = SocktraceProcess.Start("record", "-o", path, "--netns", $"{netns.Inode}", "--source", "bpf");
            foreach (Socket socket in sockets)
                socket.Dispose();
            netns.WaitUntilQuietHere();
            socktrace.Terminate();
            Assert.Equal(0, socktrace.WaitForExit());
        });

        var trace = RecordedTrace.Read(path);
        trace.AssertWhole();
        Assert.Equal(0, trace.End.Number("unmatched"));
        JsonElement[] conns = [.. trace.Conns("unknown", netns.Inode)];
        Assert.Equal(2 * Connections, conns.Length);
        Assert.All(conns, conn =>
        {
            Assert.Equal((Environment.ProcessId, "snapshot"), (conn.Number("pid"), conn.Text("owner_from")));
            Assert.Equal("closed", conn.Text("close_reason"));
        });
    }

    private static long MillisecondsOfSnapshot(TestNamespace netns, string path, int connections)
    {
        using var socktrace = SocktraceProcess.Start("record", "-o", path, "--netns", $"{netns.Inode}", "--source", "bpf");
        // What -v says of the snapshot comes when it is in the tables.
        string snapshot = socktrace.WaitForErrorLine("socktrace: snapshot: ");
        TestContext.Current.TestOutputHelper!.WriteLine(snapshot);
        Assert.Contains($"{(2 * connections) + 1} sockets", snapshot, StringComparison.Ordinal);
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());
        return long.Parse(snapshot.Split(" in ")[1].Split(' ')[0], null);
    }

    [Fact]
    public void AfterALossTheTablesAreWhatTheKernelHas()
    {
        using var netns = new TestNamespace();
        using var folder = new TempFolder();
        string path = folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("record", "-o", path, "--netns", $"{netns.Inode}", "--buffer", "256KiB",
            "--stats-interval", "1s");
        netns.Run(() =>
        {
            using Socket listener = Traffic.Listen(7778);
            // While it is stopped, the ring of some 1900 events runs over.
            socktrace.Pause();
            List<Socket> opened = Traffic.ConnectMany(listener, 300);
            List<Socket> closed = Traffic.ConnectMany(listener, 300);
            foreach (Socket socket in closed)
                socket.Dispose();
            socktrace.Resume();
            Eventually.IsSo(() => Stats(path).Any(stats => stats.Number("live") == 601), () => string.Join('\n', Stats(path)));
            foreach (Socket socket in opened)
                socket.Dispose();
        });
        netns.WaitUntilQuiet();
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        var trace = RecordedTrace.Read(path);
        Assert.True(trace.End.GetProperty("lost").Number("ring") > 0);
        Assert.NotEmpty(trace.OfType("lost"));
        // Everything that closed after the loss is a connection of its own, and owned.
        DateTime lost = trace.OfType("lost").Last().GetProperty("ts").GetDateTime();
        JsonElement[] after = [.. trace.OfType("conn").Where(conn => conn.GetProperty("ts").GetDateTime() > lost && conn.Text("role") != "listener")];
        Assert.Equal(600, after.Select(conn => conn.Text("id")).Distinct().Count());
        Assert.All(after, conn => Assert.Equal(Environment.ProcessId, conn.Number("pid")));
    }

    [Fact]
    public async Task ASnapshotAmidTakeOversIsWhatTheKernelHas()
    {
        const int TimeWaits = 6_000, Port = 7779;
        // Some hundred stand in each chain of the kernel's table, which are gathered at once and shown later.
        using var netns = new TestNamespace(tableEntries: 16);
        using var folder = new TempFolder();
        string path = folder.File("trace.ndjson");
        netns.Sysctl("ipv4/ip_local_port_range", "30000 30399");
        netns.Sysctl("ipv4/tcp_tw_reuse_delay", "300"); // ms; none that begins before the programs know all symbols ends before
        netns.Sysctl("ipv4/tcp_max_tw_buckets", "100000"); // else half of the entries
        netns.Run(() => Traffic.Cycle(TimeWaits, Port));
        using var socktrace = SocktraceProcess.Launch("record", "-o", path, "--netns", $"{netns.Inode}", "--source", "bpf",
            "--stats-interval", "1s", "--verbose");
        socktrace.WaitUntilAttached();
        using var done = new CancellationTokenSource();
        Task traffic = Task.Run(() => netns.Run(() =>
        {
            while (!done.IsCancellationRequested)
                TakeOver(Port);
        }));
        socktrace.WaitForErrorLine("socktrace: snapshot: ");
        await done.CancelAsync();
        await traffic;
        netns.WaitUntilQuiet();
        int left = netns.Run(() => File.ReadLines("/proc/thread-self/net/tcp").Count(line => line.Contains(" 06 ", StringComparison.Ordinal)));
        Eventually.IsSo(() => Stats(path).Any(stats => stats.Number("time_wait") == left), () => $"{left} of\n{string.Join('\n', Stats(path))}");
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        var trace = RecordedTrace.Read(path);
        trace.AssertWhole();
        Assert.DoesNotContain(trace.OfType("time_wait"), wait => wait.Text("ended") == "lost");
        Assert.Contains(trace.OfType("time_wait"), wait => wait.Text("ended") == "reused");
    }

    /// <summary>Some hundred connections, of which most take a port out of TIME_WAIT; fewer if none is old enough.</summary>
    private static void TakeOver(int port)
    {
        try
        {
            Traffic.Cycle(500, port);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
        }
    }

    private static IEnumerable<JsonElement> Stats(string path) => RecordedTrace.ReadWhole(path).OfType("stats");
}

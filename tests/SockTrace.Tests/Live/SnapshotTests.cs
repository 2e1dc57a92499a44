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
            socktrace.WaitForErrorLine("socktrace: snapshot: ");
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

    private static IEnumerable<JsonElement> Stats(string path) => RecordedTrace.ReadWhole(path).OfType("stats");
}

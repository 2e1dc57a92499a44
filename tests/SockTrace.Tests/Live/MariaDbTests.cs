using System.Text.Json;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>The case that SockTrace was born from: short connections to a database.</summary>
public sealed class MariaDbTests
{
    [Fact]
    public void FiveHundredConnectionsOfRealClientsAreThereTwiceWithTheirOwners()
    {
        Support.Live.RequireRoot();
        const int Connections = 500;
        using var netns = new TestNamespace();
        using var folder = new TempFolder();
        using MariaDb server = netns.Run(() => new MariaDb());
        string path = folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("record", "-o", path, "--port", $"{MariaDb.Port}");

        var clients = new List<long?>();
        netns.Run(() =>
        {
            for (int i = 0; i < Connections; i++)
                clients.Add(MariaDb.Query("SELECT 1"));
        });
        netns.WaitUntilQuiet();
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        var trace = RecordedTrace.Read(path);
        trace.AssertWhole();
        JsonElement[] clientEnds = [.. trace.Conns("client", netns.Inode)];
        JsonElement[] serverEnds = [.. trace.Conns("server", netns.Inode)];
        // The kernel may give a client's port out again at once: the TIME_WAIT is the server's.
        Dictionary<long, Queue<JsonElement>> serverEndsByPort = serverEnds.GroupBy(conn => conn.Number("rport")!.Value)
            .ToDictionary(ends => ends.Key, ends => new Queue<JsonElement>(ends.OrderBy(Opened)));

        Assert.Equal(Connections, clientEnds.Length);
        Assert.Equal(Connections, serverEnds.Length);
        // One after another; but a server that is late lets the next client close before the last.
        Assert.Equal(clients, clientEnds.OrderBy(Opened).Select(conn => conn.Number("pid")));
        // A busy machine makes the kernel retransmit now and then, on loopback too.
        Assert.Equal(netns.Counter("Tcp", "RetransSegs"),
            clientEnds.Concat(serverEnds).Sum(conn => conn.Number("retransmits")));
        foreach (JsonElement client in clientEnds.OrderBy(Opened))
        {
            JsonElement end = serverEndsByPort[client.Number("lport")!.Value].Dequeue();
            Assert.Equal(("mariadb", "connect"), (client.Text("comm"), client.Text("owner_from")));
            Assert.Equal(("mariadbd", "close"), (end.Text("comm"), end.Text("owner_from")));
            Assert.Equal(server.Id, end.Number("pid"));

            Assert.Equal(client.Number("bytes_sent"), end.Number("bytes_received"));
            Assert.Equal(client.Number("bytes_received"), end.Number("bytes_sent"));
            Assert.InRange(client.Number("bytes_received") ?? 0, 100, 100_000);

            // The client was first to open; what both ends know of the connection is one story.
            Assert.True(Opened(client) < Opened(end));
            Assert.InRange(client.Number("connect_ns") ?? 0, 1, 1_000_000_000);
            Assert.InRange(client.Number("lifetime_ns") ?? 0, client.Number("established_ns") ?? 0, 10_000_000_000);
            Assert.InRange(Opened(end) - Opened(client), TimeSpan.Zero, TimeSpan.FromSeconds(1));
            Assert.Null(end.Number("connect_ns"));
        }
    }

    private static DateTime Opened(JsonElement conn) => conn.GetProperty("opened").GetDateTime();
}

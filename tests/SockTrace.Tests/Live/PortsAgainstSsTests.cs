using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using SockTrace.Diag;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Ports;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>Network namespaces in every shape that there is, counted by the binary and by ss(8).</summary>
public sealed class PortsAgainstSsTests : IDisposable
{
    private const int Server = 3306, AddressNotAvailable = 99;

    private readonly TestNamespace _netns;
    private readonly List<Socket> _open = [];

    public PortsAgainstSsTests()
    {
        Support.Live.RequireRoot();
        _netns = new TestNamespace();
        _netns.Sysctl("ipv4/ip_local_port_range", "40000 40199");
    }

    public void Dispose()
    {
        _open.ForEach(socket => socket.Dispose());
        _netns.Dispose();
    }

    [Fact]
    public void AnEmptyNamespace() => Compare(pools: 0, size: 200);

    [Fact]
    public void ConnectionsOverIPv4()
    {
        _netns.Run(() => Open(Listen("127.0.0.1"), 7));
        Compare(pools: 1, size: 200);
    }

    [Fact]
    public void ConnectionsOverIPv6()
    {
        _netns.Run(() => Open(Listen("::1"), 7));
        Compare(pools: 1, size: 200);
    }

    [Fact]
    public void MappedConnectionsShareThePoolOfIPv4()
    {
        _netns.Run(() =>
        {
            Socket dual = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            dual.Bind(new IPEndPoint(IPAddress.IPv6Any, Server));
            dual.Listen(100);
            _open.Add(dual);
            Open(dual, 4, new IPEndPoint(IPAddress.Parse("127.0.0.1").MapToIPv6(), Server));
            Open(dual, 3, new IPEndPoint(IPAddress.Loopback, Server));
            Open(dual, 2, new IPEndPoint(IPAddress.IPv6Loopback, Server));
        });
        Compare(pools: 2, size: 200);
    }

    [Fact]
    public void SeveralDestinations()
    {
        _netns.Run(() =>
        {
            for (int i = 1; i <= 5; i++)
                Open(Listen($"127.0.0.{i}", Server + i), i);
        });
        Compare(pools: 5, size: 200);
    }

    [Fact]
    public void SeveralSourceAddresses()
    {
        _netns.Run(() =>
        {
            Socket listener = Listen("127.0.0.1");
            for (int i = 1; i <= 4; i++)
                Open(listener, i, from: $"127.0.0.{10 + i}");
        });
        Compare(pools: 4, size: 200);
    }

    [Fact]
    public void TimeWaits()
    {
        _netns.Run(() =>
        {
            CloseBoth(Open(Listen("127.0.0.1"), 9));
            CloseBoth(Open(Listen("::1"), 5));
            Open(_open[0], 2);
        });
        JsonElement pools = Compare(pools: 2, size: 200);
        Assert.Equal([9, 5], pools.EnumerateArray().Select(pool => pool.Number("time_wait")));
        Assert.All(pools.EnumerateArray(), pool =>
        {
            Assert.InRange(pool.Number("time_wait_next_ns") ?? 0, 30_000_000_000, 60_000_000_000);
            Assert.InRange(pool.Number("time_wait_last_ns") ?? 0, pool.Number("time_wait_next_ns") ?? 0, 60_000_000_000);
            Assert.Equal(60_000_000_000, pool.Number("time_wait_oldest_ns") + pool.Number("time_wait_next_ns"));
        });
    }

    [Fact]
    public void OrphansInFinWait2()
    {
        _netns.Run(() =>
        {
            foreach ((Socket client, _) in Open(Listen("127.0.0.1"), 6))
                client.Dispose();
            Eventually.Soon(() => SsSocket.All().Count(socket => socket.State == "FIN-WAIT-2") == 6);
        });
        JsonElement pools = Compare(pools: 1, size: 200);
        Assert.Equal(6, pools[0].Number("fin_wait2"));
        Assert.Equal(0, pools[0].Number("live"));
    }

    [Fact]
    public void ConnectionsThatOnlyThePeerHasClosed()
    {
        _netns.Run(() =>
        {
            foreach ((_, Socket server) in Open(Listen("127.0.0.1"), 3))
                server.Dispose();
            Eventually.Soon(() => SsSocket.All().Count(socket => socket.State == "CLOSE-WAIT") == 3);
        });
        Assert.Equal(3, Compare(pools: 1, size: 200)[0].Number("close_wait"));
    }

    [Fact]
    public void AListenerInTheRangeWithWhatItAccepted()
    {
        _netns.Run(() => CloseBoth(Open(Listen("127.0.0.1", 40080), 8)[..3]));
        JsonElement pools = Compare(pools: 1, size: 200);
        Assert.Equal(200 - 8 - 1, pools[0].Number("free"));
    }

    [Fact]
    public void ReservedPorts()
    {
        _netns.Sysctl("ipv4/ip_local_reserved_ports", "39990-40009,40100,50000");
        _netns.Run(() =>
        {
            Socket listener = Listen("127.0.0.1");
            Open(listener, 5);
            Open(listener, 1, from: "127.0.0.1", fromPort: 40100);
        });
        JsonElement pools = Compare(pools: 1, size: 189);
        Assert.Equal(5, pools[0].Number("taken"));
    }

    [Fact]
    public void AnOddRange()
    {
        _netns.Sysctl("ipv4/ip_local_port_range", "50001 50007");
        _netns.Run(() => Open(Listen("127.0.0.1"), 3));
        Compare(pools: 1, size: 7);
    }

    [Fact]
    public void WhatOnlyBindHasTakenIsBlockedForEveryDestination()
    {
        Assert.SkipWhen(Environment.OSVersion.Version < new Version(6, 8), "the kernel does not show bound sockets");
        _netns.Sysctl("ipv4/ip_local_port_range", "50000 50003");
        _netns.Run(() =>
        {
            Socket bound = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            bound.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.9"), 50000));
            _open.Add(bound);
            Listen("127.0.0.8", 50001);
            Socket listener = Listen("127.0.0.1");
            Open(listener, 2);
            // Neither address is the client's, and yet its connect() finds none of the two ports.
            using var third = new RawSocket();
            Assert.Equal(AddressNotAvailable, third.Connect(Server));
        });
        JsonElement pool = Compare(pools: 1, size: 4)[0];
        Assert.Equal((2, 0), (pool.Number("taken"), pool.Number("free")));
        Assert.Equal(1, pool.GetProperty("share").GetDouble());
    }

    [Fact]
    public void ProcShowsTheSameAsDiag()
    {
        _netns.Run(() =>
        {
            Open(Listen("127.0.0.1", 40080), 2); // first: a client may take its port
            CloseBoth(Open(Listen("127.0.0.1"), 9)[..4]);
            Open(Listen("::1"), 5)[0].Client.Dispose();
            PortRange range = PortRange.Parse("40000\t40199", "")!;
            var reuse = new TimeWaitReuse(0, 0, false, true);
            Eventually.Soon(() => SsSocket.All().Exists(socket => socket.State == "FIN-WAIT-2"));
            SocketCensus diag = NamespaceLook.FromDiag(_netns.Inode, range, reuse);
            SocketCensus proc = NamespaceLook.FromProc(_netns.Inode, range, reuse, out int malformed);
            Assert.Equal(0, malformed);
            Assert.Equal(diag.States, proc.States);
            Assert.Equal((diag.Blocked, diag.MiniSockets), (proc.Blocked, proc.MiniSockets));
            Assert.Equal(Counts(diag), Counts(proc));
            Assert.Equal(3, diag.Keys.Count);
        });
        static IEnumerable<string> Counts(SocketCensus census) => Enumerable.Range(0, census.Keys.Count)
            .Select(row => $"{census.Keys[row]} {census.Counts[row].Live} {census.Counts[row].TimeWait} {census.Counts[row].FinWait2}").Order();
    }

    [Fact]
    public void ADumpAllocatesNothingForASocket()
    {
        long few = _netns.Run(() =>
        {
            Open(Listen("127.0.0.1"), 1);
            return Allocated();
        });
        long many = _netns.Run(() =>
        {
            Open(_open[0], 150);
            return Allocated();
        });
        Assert.Equal(few, many);

        static long Allocated()
        {
            using var diag = new SockDiag();
            int seen = 0;
            SeeSocket see = (in DiagSocket _) => seen++;
            diag.TryDump(IpFamily.IPv4, DiagStates.Connections, see);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.True(diag.TryDump(IpFamily.IPv4, DiagStates.Connections, see));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    /// <summary>Holds the binary's counts against those of ss, filtered here.</summary>
    private JsonElement Compare(int pools, int size)
    {
        (string before, List<SsSocket> sockets) = ("", []);
        JsonElement space = default;
        Eventually.Soon(() =>
        {
            // Nothing is opened any more; what the kernel does later shows in ss, before or after.
            sockets = _netns.Run(SsSocket.All);
            before = Text(sockets);
            (int exitCode, string output, string[] errors) = SocktraceProcess.RunToEnd("ports", "--json", "--netns", $"{_netns.Inode}");
            Assert.Equal((0, ""), (exitCode, string.Join('\n', errors)));
            space = JsonDocument.Parse(output).RootElement.GetProperty("namespaces")[0];
            return Text(_netns.Run(SsSocket.All)) == before;
        });

        Assert.Equal("diag", space.Text("source"));
        Assert.Equal(size, space.Number("size"));
        Assert.Equal(sockets.Where(socket => socket.State != "UNCONN").GroupBy(socket => Kernel(socket.State)).Select(state => $"{state.Key} {state.Count()}").Order(),
            space.GetProperty("states").EnumerateObject().Select(state => $"{state.Name} {state.Value}").Order());
        Assert.Equal(sockets.Count(socket => socket.IsMini), space.Number("tw_buckets"));

        JsonElement found = space.GetProperty("pools");
        Assert.Equal(pools, found.GetArrayLength());
        HashSet<int> listening = [.. sockets.Where(socket => socket.State == "LISTEN").Select(socket => socket.Local.Port)];
        Assert.Equal(
            sockets.Where(socket => socket.State is not ("LISTEN" or "UNCONN") && IsFromRange(socket.Local.Port) && !listening.Contains(socket.Local.Port))
                .GroupBy(socket => $"{socket.Local.Address} {socket.Remote.Address} {socket.Remote.Port}")
                .Select(pool => $"{pool.Key}: {pool.Count()} = {pool.Count(socket => !socket.IsMini)} + {pool.Count(socket => socket.State == "TIME-WAIT")} + {pool.Count(socket => socket.IsMini && socket.State == "FIN-WAIT-2")}")
                .Order(),
            found.EnumerateArray()
                .Select(pool => $"{pool.Text("laddr")} {pool.Text("raddr")} {pool.Number("rport")}: {pool.Number("taken")} = {pool.Number("live")} + {pool.Number("time_wait")} + {pool.Number("fin_wait2")}")
                .Order());
        return found;
    }

    /// <summary>Without the timers, which run.</summary>
    private static string Text(List<SsSocket> sockets) => string.Join('\n', sockets.Select(socket => socket.ToString()).Order());

    private static string Kernel(string state) => state switch
    {
        "ESTAB" => "ESTABLISHED",
        "FIN-WAIT-1" => "FIN_WAIT1",
        "FIN-WAIT-2" => "FIN_WAIT2",
        _ => state.Replace('-', '_'),
    };

    private bool IsFromRange(int port) => _netns.Run(() =>
    {
        int[] ends = [.. File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t').Select(end => int.Parse(end, CultureInfo.InvariantCulture))];
        return port >= ends[0] && port <= ends[1] && !File.ReadAllText("/proc/sys/net/ipv4/ip_local_reserved_ports").Trim()
            .Split(',', StringSplitOptions.RemoveEmptyEntries).Select(span => span.Split('-'))
            .Any(span => port >= int.Parse(span[0], CultureInfo.InvariantCulture) && port <= int.Parse(span[^1], CultureInfo.InvariantCulture));
    });

    private Socket Listen(string address, int port = Server)
    {
        Socket listener = Traffic.Listen(port, address);
        _open.Add(listener);
        return listener;
    }

    private List<(Socket Client, Socket Server)> Open(Socket listener, int count, IPEndPoint? to = null, string? from = null, int fromPort = 0)
    {
        var opened = new List<(Socket, Socket)>();
        to ??= (IPEndPoint)listener.LocalEndPoint!;
        for (int i = 0; i < count; i++)
        {
            var client = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (to.Address.IsIPv4MappedToIPv6)
                client.DualMode = true;
            if (from is not null)
                client.Bind(new IPEndPoint(IPAddress.Parse(from), fromPort));
            client.Connect(to);
            Socket server = listener.Accept();
            opened.Add((client, server));
            _open.AddRange([client, server]);
        }
        return opened;
    }

    private static void CloseBoth(List<(Socket Client, Socket Server)> connections)
    {
        foreach ((Socket client, Socket server) in connections)
        {
            client.Dispose();
            server.Dispose();
        }
    }
}

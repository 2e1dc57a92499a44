using System.Text.Json;
using BenchmarkDotNet.Attributes;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Tracking;

namespace SockTrace.Benchmarks;

/// <summary>One `state` record, formatted and written to /dev/null. Naive: Utf8JsonWriter.</summary>
public class NdjsonBench : IDisposable
{
    private const int Records = 10_000;

    private readonly ConnectionTable _connections = new(1000);
    private readonly WallClock _clock = new();
    private readonly Stream _null = new FileStream("/dev/null", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    private NdjsonSink? _sink;
    private Utf8JsonWriter? _writer;
    private int _row;
    private long _seq;

    [GlobalSetup]
    public void Setup()
    {
        _sink = new NdjsonSink(OutputFile.Create("/dev/null", force: true), _clock, new TraceHeader
        {
            Version = "",
            Host = "",
            BootId = null,
            Kernel = "",
            Source = "bpf",
            TimeWait = null,
            Filters = "",
            Settings = new NetworkSettings(null, null, null, null, null),
        });
        _writer = new Utf8JsonWriter(_null);

        TcpEvent e = Workload.ShortConnections(1)[1];
        _row = _connections.Add(e.Sock);
        _connections.Ids[_row] = e.Cookie;
        _connections.IdsAreCookies[_row] = true;
        _connections.Families[_row] = e.Family;
        _connections.Netnses[_row] = e.Netns;
        _connections.Laddrs[_row] = e.Laddr;
        _connections.Raddrs[_row] = e.Raddr;
        _connections.Lports[_row] = e.Lport;
        _connections.Rports[_row] = e.Rport;
        _connections.Pids[_row] = 48_213;
        _connections.Comms[_row] = Comm.From("php-fpm"u8);
        _connections.OwnersFrom[_row] = OwnerFrom.Connect;
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public void OwnWriter()
    {
        var connection = new ConnectionView(_connections, _row);
        for (int i = 0; i < Records; i++)
            _sink!.OnTransition(new Transition(connection, 1_000_000_000_000 + (i * 3_000L), TcpState.SynSent, TcpState.Established, 45_123));
        _sink!.Flush();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Records)]
    public void SystemTextJson()
    {
        for (int i = 0; i < Records; i++)
        {
            _writer!.Reset(_null);
            _writer.WriteStartObject();
            _writer.WriteString("type", "state");
            _writer.WriteString("ts", DateTime.UnixEpoch.AddTicks(_clock.ToUnixNs(1_000_000_000_000 + (i * 3_000L)) / 100));
            _writer.WriteNumber("seq", ++_seq);
            _writer.WriteString("id", _connections.Ids[_row].ToString("x"));
            _writer.WriteNumber("netns", _connections.Netnses[_row]);
            _writer.WriteString("family", "ipv4");
            _writer.WriteString("laddr", _connections.Laddrs[_row].ToString());
            _writer.WriteNumber("lport", _connections.Lports[_row]);
            _writer.WriteString("raddr", _connections.Raddrs[_row].ToString());
            _writer.WriteNumber("rport", _connections.Rports[_row]);
            _writer.WriteString("old", "SYN_SENT");
            _writer.WriteString("new", "ESTABLISHED");
            _writer.WriteNumber("in_old_ns", 45_123);
            _writer.WriteNumber("pid", _connections.Pids[_row]);
            _writer.WriteString("comm", _connections.Comms[_row].Bytes);
            _writer.WriteString("owner_from", "connect");
            _writer.WriteEndObject();
            _writer.Flush();
        }
    }

    public void Dispose()
    {
        _sink?.Dispose();
        _writer?.Dispose();
        _null.Dispose();
        GC.SuppressFinalize(this);
    }
}

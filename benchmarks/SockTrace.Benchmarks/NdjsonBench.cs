using System.Buffers;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Tracking;

namespace SockTrace.Benchmarks;

/// <summary>
/// `state` records of many connections, formatted and written to /dev/null, 256 KiB at a
/// time. Naive: Utf8JsonWriter.
/// </summary>
public class NdjsonBench : IDisposable
{
    private const int Records = 10_000;

    private const int Connections = 500;

    private readonly ConnectionTable _connections = new(2 * Connections);
    private readonly ArrayBufferWriter<byte> _buffer = new(512 * 1024);
    private readonly WallClock _clock = new();
    private readonly Stream _null = new FileStream("/dev/null", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    private NdjsonSink? _sink;
    private Utf8JsonWriter? _writer;
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
        _writer = new Utf8JsonWriter(_buffer);

        foreach (TcpEvent e in Workload.ShortConnections(Connections, open: Connections).AsSpan(0, Connections * 4))
        {
            if (e.NewState != TcpState.Established)
                continue;
            int row = _connections.Add(e.Sock);
            _connections.Ids[row] = e.Cookie;
            _connections.IdsAreCookies[row] = true;
            _connections.Families[row] = e.Family;
            _connections.Netnses[row] = e.Netns;
            _connections.Laddrs[row] = e.Laddr;
            _connections.Raddrs[row] = e.Raddr;
            _connections.Lports[row] = e.Lport;
            _connections.Rports[row] = e.Rport;
            _connections.Pids[row] = 48_213;
            _connections.Comms[row] = Comm.From("php-fpm"u8);
            _connections.OwnersFrom[row] = OwnerFrom.Connect;
        }
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public void OwnWriter()
    {
        for (int i = 0; i < Records; i++)
        {
            var connection = new ConnectionView(_connections, RowOf(i));
            _sink!.OnTransition(new Transition(connection, 1_000_000_000_000 + (i * 3_000L), TcpState.SynSent, TcpState.Established, 45_123));
        }
        _sink!.Flush();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Records)]
    public void SystemTextJson()
    {
        for (int i = 0; i < Records; i++)
        {
            var connection = new ConnectionView(_connections, RowOf(i));
            _writer!.Reset(_buffer);
            _writer.WriteStartObject();
            _writer.WriteString("type", "state");
            _writer.WriteString("ts", DateTime.UnixEpoch.AddTicks(_clock.ToUnixNs(1_000_000_000_000 + (i * 3_000L)) / 100));
            _writer.WriteNumber("seq", ++_seq);
            _writer.WriteString("id", connection.Id.ToString("x"));
            _writer.WriteNumber("netns", connection.Netns);
            _writer.WriteString("family", "ipv4");
            _writer.WriteString("laddr", connection.Laddr.ToString());
            _writer.WriteNumber("lport", connection.Lport);
            _writer.WriteString("raddr", connection.Raddr.ToString());
            _writer.WriteNumber("rport", connection.Rport);
            _writer.WriteString("old", "SYN_SENT");
            _writer.WriteString("new", "ESTABLISHED");
            _writer.WriteNumber("in_old_ns", 45_123);
            _writer.WriteNumber("pid", connection.Pid);
            _writer.WriteString("comm", connection.Comm.Bytes);
            _writer.WriteString("owner_from", "connect");
            _writer.WriteEndObject();
            _writer.Flush();
            _buffer.Write("\n"u8);
            if (_buffer.WrittenCount > 256 * 1024)
                Flush();
        }
        Flush();
    }

    /// <summary>Four records of a connection come close together, as in a trace.</summary>
    private static int RowOf(int i) => i / 4 % Connections;

    private void Flush()
    {
        _null.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }

    public void Dispose()
    {
        _sink?.Dispose();
        _writer?.Dispose();
        _null.Dispose();
        GC.SuppressFinalize(this);
    }
}

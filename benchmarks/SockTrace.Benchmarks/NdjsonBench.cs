using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Tracking;

namespace SockTrace.Benchmarks;

/// <summary>
/// `state` records of many connections: formatted, queued, and written by the writer thread,
/// until the last is in the file; all of it on one core. Naive: Utf8JsonWriter, which writes
/// 256 KiB at a time on its own thread.
/// </summary>
public class NdjsonBench : IDisposable
{
    private const int Records = 10_000;

    private const int Connections = 500;

    private readonly ConnectionTable _connections = new(2 * Connections);
    private readonly ArrayBufferWriter<byte> _buffer = new(512 * 1024);
    private readonly WallClock _clock = new();
    private FileStream? _file;
    private OutputWriter? _output;
    private NdjsonSink? _sink;
    private Utf8JsonWriter? _writer;
    private long _seq;

    /// <summary>A device that takes everything, and a file in memory.</summary>
    [Params("/dev/null", "/dev/shm/socktrace.ndjson")]
    public string Path { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        using (var self = Process.GetCurrentProcess())
            self.ProcessorAffinity = 1;
        _output = OutputWriter.Open(Path, force: true, rotation: null, Console.WriteLine);
        _file = new FileStream(Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        _sink = new NdjsonSink(_output, _clock, new TraceHeader
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

    [GlobalCleanup]
    public void Cleanup()
    {
        Dispose();
        if (_output!.Losses.Records > 0)
            throw new InvalidOperationException($"{_output.Losses.Records} records were dropped, and not written");
        if (Path != "/dev/null")
            File.Delete(Path);
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public void SinkAndQueue()
    {
        for (int i = 0; i < Records; i++)
        {
            var connection = new ConnectionView(_connections, RowOf(i));
            _sink!.OnTransition(new Transition(connection, 1_000_000_000_000 + (i * 3_000L), TcpState.SynSent, TcpState.Established, 45_123));
        }
        _sink!.Flush(default);
        while (!_output!.Queue.IsDrained)
            Thread.Yield();
        Empty();
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
        Empty();
    }

    /// <summary>Four records of a connection come close together, as in a trace.</summary>
    private static int RowOf(int i) => i / 4 % Connections;

    private void Flush()
    {
        _file!.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }

    /// <summary>So that memory suffices. Both write to the end, wherever that is.</summary>
    private void Empty()
    {
        if (Path == "/dev/null")
            return;
        _file!.SetLength(0);
        _file.Position = 0;
    }

    public void Dispose()
    {
        _sink?.Dispose();
        _writer?.Dispose();
        _file?.Dispose();
        GC.SuppressFinalize(this);
    }
}

using System.Globalization;
using BenchmarkDotNet.Attributes;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Screen;
using SockTrace.Tracking;
using Spectre.Console;
using Canvas = SockTrace.Screen.Canvas;

namespace SockTrace.Benchmarks;

/// <summary>
/// One refresh of a page of 200 by 50 over 100 000 connections, a second after the last: looking
/// through the tables, drawing, and the bytes of what differs. It happens four times a second, so
/// 2.5 ms are a hundredth of a core. Naive: all cells sent anew.
/// </summary>
public class ScreenBench
{
    private const int Connections = 100_000;

    private readonly Activity _activity = new();
    private readonly FrameEncoder _encoder = new(new AnsiCapabilities { Ansi = true, ColorSystem = ColorSystem.Standard });
    private Canvas _canvas = new(200, 50), _shown = new(200, 50);
    private Pages? _pages;
    private Snapshot? _snapshot;
    private long _nowNs = 2_000_000_000;

    /// <summary>The key of the page.</summary>
    [Params('1', '2', '3', '4')]
    public char Page { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var ports = new PortRange(1024, 65535, []);
        var tracker = new ConnectionTracker(
            new TrackerOptions { MaxConnections = 262_144, MaxPorts = 262_144, TimeWait = TimeWaitSight.Functions, Ranges = _ => ports }, []);
        var batch = new EventBatch();
        long malformed = 0;
        for (int i = 0; i < Connections; i++)
        {
            TcpEvent opened = Opened(i);
            batch.Clear();
            batch.Append([opened, opened with { OldState = TcpState.SynSent, NewState = TcpState.Established, Lport = (ushort)(1024 + (i / 4)) }], ref malformed);
            tracker.Apply(batch);
        }
        _pages = new Pages(Glyphs.Unicode, new ScreenLabels { Verb = "live", Host = "db1", Source = "bpf", TimeWait = "measured" }, _activity,
            ns => string.Create(CultureInfo.InvariantCulture, $"00:{ns / 60_000_000_000 % 60:00}:{ns / 1_000_000_000 % 60:00}.000"));
        _pages.OnKey(new ConsoleKeyInfo(Page, default, shift: false, alt: false, control: false));
        _snapshot = new Snapshot
        {
            Tables = tracker.Tables,
            Activity = _activity,
            Totals = new TraceTotals(_nowNs, Connections, Connections, 0, 0, 0, 0, 0),
            NowNs = _nowNs,
            Filter = new Filters.TraceFilter(),
            Words = Filters.FilterWords.None,
        };
        _shown.Clear();
    }

    [Benchmark]
    public int Changes()
    {
        Draw();
        int bytes = _encoder.Encode(_shown, _canvas).Length;
        (_canvas, _shown) = (_shown, _canvas);
        return bytes;
    }

    [Benchmark(Baseline = true)]
    public int All()
    {
        Draw();
        return _encoder.Encode(null, _canvas).Length;
    }

    private void Draw()
    {
        _nowNs += 1_000_000_000;
        _activity.MoveTo(_nowNs);
        _pages!.Look(_snapshot! with { NowNs = _nowNs });
        _pages.Draw(_canvas);
    }

    private static TcpEvent Opened(int i) => new()
    {
        TimeNs = 1_000_000_000 + (ulong)i,
        Sock = 0x1000 + ((ulong)i * 64),
        Cookie = (ulong)i + 1,
        Laddr = IpAddress.FromIPv4(0x0A000001),
        Raddr = IpAddress.FromIPv4(0x0A000002),
        Rport = (ushort)(9000 + (i % 4)),
        Netns = 4026531840,
        Pid = (uint)(100 + (i % 7)),
        Comm = Comm.From("shop"u8),
        Kind = EventKind.State,
        Family = IpFamily.IPv4,
        OldState = TcpState.Close,
        NewState = TcpState.SynSent,
        Flags = EventFlags.Owner,
    };
}

using System.Diagnostics;
using System.Text;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Tracking;
using TraceFilter = SockTrace.Filters.TraceFilter;

namespace SockTrace.Screen;

/// <summary>
/// The full screen. It counts what happens, and four times a second, and after each key, draws what
/// it sees in the tables: on the tracker's thread, which never waits for the terminal.
/// </summary>
internal sealed class ScreenSink : ITraceSink
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly TerminalScreen _screen;
    private readonly ScreenLabels _labels;
    private readonly TraceFilter _filter;
    private readonly Action _quit;
    private readonly CancellationToken _stop;
    private readonly bool _staysAtEnd;
    private readonly Activity _activity = new();
    private readonly Pages _pages;
    private readonly WallClock _clock;
    private readonly byte[] _timeText = new byte[TimeOfDayFormat.Length];
    private TimeOfDayFormat _times;
    private TraceTables? _tables;
    private long _drawnAt;
    private Canvas? _canvas;

    /// <param name="screen">Owned from here on.</param>
    /// <param name="glyphs">What the terminal can show.</param>
    /// <param name="labels">For the first line.</param>
    /// <param name="clock">Of the events.</param>
    /// <param name="zone">In which times of day are shown.</param>
    /// <param name="filter">What the run was told to show.</param>
    /// <param name="quit">Ends the run.</param>
    /// <param name="staysAtEnd">Whether it stays until somebody quits: a trace that was replayed is to be looked at.</param>
    /// <param name="stop">The run is being ended.</param>
    public ScreenSink(TerminalScreen screen, Glyphs glyphs, ScreenLabels labels, WallClock clock, TimeZoneInfo zone, TraceFilter filter,
        Action quit, bool staysAtEnd, CancellationToken stop)
    {
        (_screen, _labels, _clock, _filter, _quit, _stop, _staysAtEnd) = (screen, labels, clock, filter, quit, stop, staysAtEnd);
        _times = new TimeOfDayFormat(zone);
        _pages = new Pages(glyphs, labels, _activity, TimeOfDay);
    }

    public SinkLosses Losses => default;

    public void Watch(TraceTables tables) => _tables = tables;

    public void OnTransition(in Transition transition) => _activity.OnTransition(transition);

    public void OnClosed(in ClosedConnection closed) => _activity.OnClosed(closed);

    public void OnTimeWaitEnded(in EndedMiniSocket ended) => _activity.OnTimeWaitEnded(ended);

    public void OnPortExhausted(in PortExhausted exhausted) => _activity.OnPortExhausted(exhausted);

    /// <summary>It looks itself, and more often.</summary>
    public void OnStatistics(in Statistics statistics)
    {
    }

    /// <summary>Totals tell.</summary>
    public void OnLost(in Loss loss)
    {
    }

    public void Flush(in TraceTotals soFar)
    {
        bool isKey = TakeKeys();
        if (_pages.IsQuitting)
        {
            _quit();
            return;
        }
        if (isKey || _screen.HasChanged || Stopwatch.GetElapsedTime(_drawnAt) >= Interval)
            Draw(soFar);
    }

    public void OnEnd(in TraceTotals totals)
    {
        _labels.IsOver = _staysAtEnd;
        Draw(totals);
        while (_staysAtEnd && !_pages.IsQuitting && !_stop.IsCancellationRequested)
        {
            _screen.WaitForKey(Interval, _stop);
            TakeKeys();
            Draw(totals);
        }
    }

    /// <summary>The terminal first: a file that is still being written may be on a slow disk.</summary>
    public void Dispose()
    {
        _screen.Dispose();
        _pages.WaitForExport();
    }

    private bool TakeKeys()
    {
        bool isAny = false;
        while (_screen.TryTakeMessage(out string message))
            _pages.Say(message, isBad: true);
        while (_screen.TryTakeKey(out ConsoleKeyInfo key))
        {
            isAny = true;
            _pages.OnKey(key);
        }
        return isAny;
    }

    /// <summary>Not while the terminal is still busy with the last one: then the next shows more.</summary>
    private void Draw(in TraceTotals totals)
    {
        if (_tables is null || !_screen.IsReady)
            return;
        _drawnAt = Stopwatch.GetTimestamp();
        _activity.MoveTo(totals.EndNs);
        _pages.Look(new Snapshot
        {
            Tables = _tables,
            Activity = _activity,
            Totals = totals,
            NowNs = totals.EndNs,
            Filter = _filter,
            Words = _pages.Words,
        });
        (int width, int height) = TerminalScreen.Size;
        if (_canvas?.Width != width || _canvas.Height != height)
            _canvas = new Canvas(width, height);
        _pages.Draw(_canvas);
        _screen.Show(_canvas);
    }

    /// <summary>The thread that writes an export asks for it too.</summary>
    private string TimeOfDay(long timeNs)
    {
        lock (_timeText)
            return Encoding.ASCII.GetString(_timeText, 0, _times.Write(_clock.ToUnixNs(timeNs), _timeText));
    }
}

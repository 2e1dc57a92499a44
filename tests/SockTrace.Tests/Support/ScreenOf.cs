using System.Globalization;
using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Screen;
using SockTrace.Tracking;

namespace SockTrace.Tests.Support;

/// <summary>The pages of the screen over a tracker, without a terminal.</summary>
internal sealed class ScreenOf
{
    private readonly ConnectionTracker _tracker;
    private readonly TraceFilter _filter;
    private readonly EventBatch _batch = new();

    public ScreenOf(TraceFilter? filter = null, PortRange? ports = null)
    {
        _filter = filter ?? new TraceFilter();
        _tracker = new ConnectionTracker(
            new TrackerOptions { Filter = _filter, TimeWait = TimeWaitSight.Functions, Ranges = _ => ports }, [new ActivitySink(Activity)]);
        Pages = new Pages(Glyphs.Unicode, new ScreenLabels { Verb = "live", Host = "db1", Source = "bpf", TimeWait = "measured" }, Activity, Time);
    }

    public Activity Activity { get; } = new();

    public Pages Pages { get; }

    public long NowNs { get; set; }

    public ScreenOf Feed(EventSequence events)
    {
        long malformed = 0;
        foreach (TcpEvent e in events.Events)
        {
            _batch.Clear();
            _batch.Append([e], ref malformed);
            _tracker.Apply(_batch);
            NowNs = Math.Max(NowNs, (long)e.TimeNs);
        }
        return this;
    }

    public ScreenOf Tick(long seconds)
    {
        NowNs += seconds * 1_000_000_000;
        _tracker.Tick(NowNs, seconds * 1_000_000_000);
        return this;
    }

    public ScreenOf Keys(string letters)
    {
        foreach (char letter in letters)
            Key(default, letter);
        return this;
    }

    public ScreenOf Key(ConsoleKey key, char letter = '\0')
    {
        Look();
        Draw(120, 40);
        Pages.OnKey(new ConsoleKeyInfo(letter, key, shift: false, alt: false, control: false));
        return this;
    }

    /// <summary>What the screen shows, line by line, without the blanks at their ends.</summary>
    public string[] Lines(int width = 120, int height = 40)
    {
        Look();
        Canvas canvas = Draw(width, height);
        return [.. Enumerable.Range(0, height).Select(y =>
            string.Concat(canvas.Line(y).ToArray().Where(cell => cell.Glyph != Cell.Rest).Select(cell => cell.Glyph.ToString())).TrimEnd())];
    }

    public string Text(int width = 120, int height = 40) => string.Join('\n', Lines(width, height));

    private static string Time(long ns) => string.Create(CultureInfo.InvariantCulture, $"00:00:{ns / 1_000_000_000:00}.{ns / 1_000_000 % 1000:000}");

    private void Look()
    {
        Activity.MoveTo(NowNs);
        Pages.Look(new Snapshot
        {
            Tables = _tracker.Tables,
            Activity = Activity,
            Totals = new TraceTotals(NowNs, _tracker.Events, _tracker.Shown, _tracker.Unmatched, 0, 0, 0, 0),
            NowNs = NowNs,
            Filter = _filter,
            Words = Pages.Words,
        });
    }

    private Canvas Draw(int width, int height)
    {
        var canvas = new Canvas(width, height);
        Pages.Draw(canvas);
        return canvas;
    }

    private sealed class ActivitySink(Activity activity) : ITraceSink
    {
        public SinkLosses Losses => default;

        public void OnTransition(in Transition transition) => activity.OnTransition(transition);

        public void OnClosed(in ClosedConnection closed) => activity.OnClosed(closed);

        public void OnTimeWaitEnded(in EndedMiniSocket ended) => activity.OnTimeWaitEnded(ended);

        public void OnPortExhausted(in PortExhausted exhausted) => activity.OnPortExhausted(exhausted);

        public void OnStatistics(in Statistics statistics)
        {
        }

        public void OnLost(in Loss loss)
        {
        }

        public void Flush(in TraceTotals soFar)
        {
        }

        public void OnEnd(in TraceTotals totals)
        {
        }

        public void Dispose()
        {
        }
    }
}

using SockTrace.Filters;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>The pages, and what keys do to them: which is shown, filter, pause, reset, export.</summary>
internal sealed class Pages
{
    private const long SecondNs = 1_000_000_000;

    /// <summary>In less the parts of a page would stand on each other.</summary>
    private const int LeastWidth = 60, LeastHeight = 20;

    private readonly View[] _views;
    private readonly View _help, _follow;
    private readonly ScreenLabels _labels;
    private readonly Activity _activity;
    private readonly Func<long, string> _timeOfDay;
    private readonly FilterPrompt _prompt = new();
    private readonly PoolTakers _takers;
    private Exhaustion _last;
    private DestinationRow? _filling;
    private View _shown;
    private View _before;

    /// <summary>The page that led to some of the connections; null where they were not come to so.</summary>
    private View? _cameFrom;

    private Snapshot? _now, _latest;
    private ScreenExport? _export;
    private string _message = "";
    private bool _isMessageBad;

    public Pages(Glyphs glyphs, ScreenLabels labels, Activity activity, Func<long, string> timeOfDay)
    {
        _takers = new PoolTakers();
        (_labels, _activity, _timeOfDay) = (labels, activity, timeOfDay);
        _views =
        [
            new OverviewView(glyphs, _takers, timeOfDay, ShowConnections),
            new ConnectionsView(glyphs, Follow),
            new DestinationsView(glyphs, _takers, ShowConnections),
            new ProcessesView(glyphs, ShowConnections),
            new LatencyView(glyphs),
            new EventsView(glyphs, timeOfDay, Follow),
        ];
        _help = new HelpView(glyphs);
        _follow = new FollowView(glyphs, timeOfDay);
        _shown = _before = _views[0];
    }

    /// <summary>Somebody wants to leave.</summary>
    public bool IsQuitting { get; private set; }

    public bool IsPaused { get; private set; }

    /// <summary>What was typed as a filter.</summary>
    public FilterWords Words => _prompt.Words;

    /// <summary>Something to be said in the last line, until the next key.</summary>
    public void Say(string message, bool isBad) => (_message, _isMessageBad) = (message, isBad);

    /// <summary>Takes what is to be shown, unless the screen is paused.</summary>
    public void Look(Snapshot now)
    {
        _latest = now;
        if (IsPaused && _now is not null)
            return;
        _now = now;
        _shown.Look(now);
        _takers.Look(now.Tables, now.NowNs);
        _filling = FirstToBeEmpty(now);
        _last = _activity.LastExhaustion;
    }

    /// <summary>Of the pools that fill the one that is empty first; null where none does, or is to be seen.</summary>
    private DestinationRow? FirstToBeEmpty(Snapshot now)
    {
        PoolUse? first = null;
        PoolTable pools = now.Tables.Pools;
        for (int row = pools.Oldest; row != RowIndex.None; row = pools.Newer(row))
        {
            PoolUse pool = pools.UseOf(row);
            if (pool.IsFilling && pool.Taken < pool.Size
                && (first is not PoolUse best || (pool.SecondsToEmpty, -pool.Share).CompareTo((best.SecondsToEmpty, -best.Share)) < 0)
                && new DestinationRow(pool, _takers.MostOf(pool)).IsShown(now with { Words = FilterWords.None }))
                first = pool;
        }
        return first is PoolUse filling ? new DestinationRow(filling, _takers.MostOf(filling)) : null;
    }

    /// <summary>Waits until a page is in its file that is on its way there.</summary>
    public void WaitForExport() => _export?.Wait();

    public void Draw(Canvas canvas)
    {
        if (_export is { } export && export.TryTakeResult(out (string Message, bool IsBad) result))
        {
            _export = null;
            Say(result.Message, result.IsBad);
        }
        canvas.Clear();
        if (canvas.Width < LeastWidth || canvas.Height < LeastHeight)
        {
            canvas.Text(0, 0, $"{canvas.Width}x{canvas.Height} is too small:", Ink.Strong);
            canvas.Text(0, 1, $"{LeastWidth}x{LeastHeight} it takes", Ink.Plain);
            canvas.Text(0, 2, "q quit", Ink.Dim);
            return;
        }
        DrawTitle(canvas);
        DrawTabs(canvas);
        int top = 2;
        if (DrawBanner(canvas, top))
            top++;
        _shown.Draw(canvas, top, canvas.Height - 1);
        DrawLastLine(canvas, canvas.Height - 1);
    }

    public void OnKey(ConsoleKeyInfo key)
    {
        _message = "";
        if (_prompt.IsOpen)
        {
            _prompt.OnKey(key);
            LookAgain();
            return;
        }
        if (_shown.OnKey(key))
            return;
        switch (key.Key)
        {
            case ConsoleKey.Tab:
                int step = key.Modifiers.HasFlag(ConsoleModifiers.Shift) ? -1 : 1;
                Show(_views[(Array.IndexOf(_views, _shown) + step + _views.Length) % _views.Length]);
                return;
            case ConsoleKey.Escape when _shown == _help || _shown == _follow:
                Show(_before);
                return;
            case ConsoleKey.Escape when _cameFrom is View cameFrom:
                _prompt.Clear();
                Show(cameFrom);
                return;
            case ConsoleKey.Escape:
                _prompt.Clear();
                LookAgain();
                return;
        }
        OnLetter(key.KeyChar);
    }

    private void OnLetter(char letter)
    {
        switch (letter)
        {
            case >= '1' and <= '6':
                Show(_views[letter - '1']);
                break;
            case '?' or 'h':
                Show(_help);
                break;
            case '/' when _shown.FilterNames.Length > 0:
                _prompt.Open();
                break;
            case '/':
                Say("this page is not filtered; 2, 3, 4 and 6 are", isBad: false);
                break;
            case 'p':
                IsPaused = !IsPaused;
                break;
            case 'r' when _now is not null:
                _activity.Reset(_now.NowNs, _now.Tables.Pools);
                Say("rates, pools, processes and latencies count from now on", isBad: false);
                break;
            case 'e':
                Export();
                break;
            case 'q':
                IsQuitting = true;
                break;
        }
    }

    private void Show(View view)
    {
        if (_shown != _help && _shown != _follow)
            _before = _shown;
        if (view != _help && view != _follow && view != _before)
            _cameFrom = null;
        _shown = view;
        LookAgain();
    }

    /// <summary>Another page, or another filter: while the screen is paused, too, it shows what is then.</summary>
    private void LookAgain()
    {
        if (_latest is null)
            return;
        _now = _latest with { Words = Words };
        _shown.Look(_now);
    }

    private void ShowConnections(string filter)
    {
        View from = _shown;
        _prompt.Set(filter);
        Show(_views[1]);
        _cameFrom = from;
    }

    private void Follow(SocketIdentity socket)
    {
        var followed = new Followed(socket);
        followed.LookBack(_activity.Events);
        _activity.Followed = followed;
        Show(_follow);
    }

    private void Export()
    {
        if (_export is not null)
        {
            Say("the last export is still being written", isBad: true);
            return;
        }
        string path = $"socktrace-{_shown.Title.ToLowerInvariant().Replace(' ', '-')}-{DateTime.UtcNow:yyyyMMdd'T'HHmmss'Z'}.tsv";
        _export = new ScreenExport(path, _shown.Export());
        Say($"writing {path}", isBad: false);
    }

    private void DrawTitle(Canvas canvas)
    {
        int x = canvas.Text(1, 0, "socktrace", Ink.Strong);
        x = canvas.Text(x + 1, 0, $"{_labels.Verb}  {_labels.Host}") + 2;
        int end = canvas.Width - 1;
        if (_now is not null)
        {
            long lost = _now.Totals.Lost;
            end = RightText(canvas, end, _timeOfDay(_now.NowNs)[..8], Ink.Plain);
            end = RightText(canvas, end, lost == 0 ? "none lost" : $"{lost} LOST", lost == 0 ? Ink.Dim : Ink.Alarm);
        }
        if (_labels.IsOver || IsPaused)
            end = RightText(canvas, end, _labels.IsOver ? "END OF TRACE" : "PAUSED", Ink.Tab);
        string[] sources = [$"{_labels.Source}, TIME_WAIT {_labels.TimeWait}", _labels.TimeWait];
        canvas.Text(x, 0, Array.Find(sources, text => x + text.Length <= end) ?? "", _labels.IsMeasured ? Ink.Dim : Ink.Warning);
    }

    /// <returns>Where what stands to the left of it ends.</returns>
    private static int RightText(Canvas canvas, int end, string text, Ink ink)
    {
        canvas.TextToLeftOf(end, 0, "  " + text);
        canvas.TextToLeftOf(end, 0, text, ink);
        return end - text.Length - 2;
    }

    private void DrawTabs(Canvas canvas)
    {
        int x = 1;
        bool isNarrow = canvas.Width < 90;
        for (int i = 0; i < _views.Length; i++)
            x = canvas.Text(x, 1, $"{i + 1} {_views[i].Title}", _views[i] == _shown ? Ink.Tab : Ink.Plain) + (isNarrow ? 1 : 2);
    }

    /// <summary>
    /// On every page: a failure, on a ground of its own for as long as it is new, and in a plain line
    /// for as long as it is remembered; and before that what will lead to one.
    /// </summary>
    private bool DrawBanner(Canvas canvas, int y)
    {
        const long NowNs = 5_000_000_000, NewNs = 60_000_000_000;
        if (_now is null)
            return false;
        Exhaustion last = _last;
        long sinceNs = Math.Max(0, _now.NowNs - last.TimeNs);
        if (last.TimeNs != 0 && (sinceNs < NewNs || _filling is null))
        {
            string who = last.Socket.OwnerFrom == OwnerFrom.Unknown ? "a process" : $"{last.Socket.CommText} ({last.Socket.Pid})";
            string ago = sinceNs < NowNs ? "now" : $"{Reporting.Words.Duration(sinceNs / SecondNs * SecondNs)} ago";
            DrawParts(canvas, y, sinceNs < NewNs ? Ink.Banner : Ink.Alarm, $"{(sinceNs < NowNs ? "NO PORT LEFT" : "NO PORT WAS LEFT")} for {who} to {last.Socket.Remote}",
                $": {last.Failed} failed", $", last {ago}", last.Pool > 0 && last.Taken >= last.Pool - 1 ? $" ({last.Taken} of {last.Pool} ports taken then)" : "");
            if (sinceNs < NewNs)
                canvas.Paint(y, Ink.Banner);
            return true;
        }
        if (_filling is DestinationRow filling)
        {
            string left = double.IsInfinity(filling.Pool.SecondsToEmpty) ? "" : $", empty in {filling.EmptyInText}";
            DrawParts(canvas, y, Ink.Warning, $"RUNNING OUT: {filling.TakerText} to {filling.To}", left, $", {filling.Pool.Taken} of {filling.Pool.Size} ports taken");
            return true;
        }
        if (_labels.Source == "proc")
        {
            DrawParts(canvas, y, Ink.Warning, "/proc is polled", ": short connections are not seen", ", nor namespaces of other users");
            return true;
        }
        return false;
    }

    /// <summary>Those of a sentence's parts that fit, up to the first that does not.</summary>
    private static void DrawParts(Canvas canvas, int y, Ink ink, string first, params ReadOnlySpan<string> rest)
    {
        int x = canvas.Text(1, y, first, ink);
        foreach (string part in rest)
        {
            if (x + part.Length > canvas.Width)
                return;
            x = canvas.Text(x, y, part, ink);
        }
    }

    private void DrawLastLine(Canvas canvas, int y)
    {
        if (_prompt.IsOpen)
        {
            _prompt.Draw(canvas, y, _shown.FilterNames);
            return;
        }
        if (_message.Length > 0)
        {
            canvas.Text(1, y, _message, _isMessageBad ? Ink.Alarm : Ink.Strong);
            return;
        }
        const string Always = "? help  q quit";
        int end = canvas.Width - 1 - Always.Length;
        int x = _shown.FilterNames.Length > 0 ? DrawFilter(canvas, 1, y, end - 1) : 1;
        string own = _shown.Keys.Length > 0 ? $"{_shown.Keys}  " : "";
        foreach (string key in $"{own}{(_shown.FilterNames.Length > 0 ? "/ filter  " : "")}p pause  r reset  e export".Split("  "))
            x = TextIfItFits(canvas, x, y, key + "  ", Ink.Dim, end);
        canvas.TextToLeftOf(canvas.Width - 1, y, Always, Ink.Dim);
    }

    /// <summary>The filter: the words that count on this page, and those that do not.</summary>
    /// <returns>The column after it, at most <paramref name="end"/>.</returns>
    private int DrawFilter(Canvas canvas, int x, int y, int end)
    {
        string on = Words.On(_shown.FilterNames), notOn = Words.NotOn(_shown.FilterNames);
        string escape = $" (esc: {(_cameFrom is null ? "none" : "back")})  ";
        if (on.Length > 0)
            x = canvas.Text(x, y, $"filter {on}{escape}", Ink.Warning, end - x);
        if (notOn.Length > 0)
            x = canvas.Text(x, y, on.Length > 0 ? $"not on this page: {notOn}  " : $"filter not on this page: {notOn}{escape}", Ink.Dim, end - x);
        return x;
    }

    /// <returns>The column after it, if it ends before column <paramref name="end"/>; else nothing is written.</returns>
    private static int TextIfItFits(Canvas canvas, int x, int y, string text, Ink ink, int end) =>
        x + text.Length <= end ? canvas.Text(x, y, text, ink) : x;
}

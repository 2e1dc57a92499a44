using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Reporting;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>The first page: what goes on, and which pool will be empty when.</summary>
internal sealed class OverviewView(Glyphs glyphs, PoolTakers takers, Func<long, string> timeOfDay, Action<string> showConnections) : View
{
    private const string Failures = "failures";

    private const int MaxPools = 32, MaxFailures = 10, MostOver = 120, LabelWidth = 11, NumberWidth = 9;

    private static readonly TcpState[] States =
    [
        TcpState.Established, TcpState.TimeWait, TcpState.SynSent, TcpState.SynRecv, TcpState.FinWait1, TcpState.FinWait2,
        TcpState.CloseWait, TcpState.LastAck, TcpState.Closing, TcpState.Listen,
    ];

    private readonly PoolUse[] _fullest = new PoolUse[MaxPools];
    private readonly int[] _counts = new int[TcpStates.Count];
    private readonly List<DestinationRow> _pools = [];
    private Rate[] _rates = [];
    private readonly List<RecentEvent> _failures = [];
    private long _oldestNs;
    private int _cursor = -1, _shown;

    public override string Title => "Overview";

    public override string Keys => glyphs == Glyphs.Ascii ? "up/down a pool  enter its connections" : "↑↓ a pool  enter its connections";

    public override void Look(Snapshot now)
    {
        _rates = RatesOf(now.Activity);
        Array.Clear(_counts);
        Count(now.Tables.Connections, now.Filter);
        Count(now.Tables.MiniSockets, now.Filter);
        MiniSocketTable minis = now.Tables.MiniSockets;
        long oldest = long.MaxValue;
        for (int row = 0; row < minis.Rows; row++)
        {
            if (minis.States[row] == TcpState.TimeWait && minis.TimeWaitSinceNs[row] != 0)
                oldest = Math.Min(oldest, minis.TimeWaitSinceNs[row]);
        }
        _oldestNs = oldest == long.MaxValue ? -1 : Math.Max(0, now.NowNs - oldest);

        _failures.Clear();
        RecentEvents events = now.Activity.Events;
        for (int age = 0; age < events.Count && _failures.Count < MaxFailures; age++)
        {
            ref readonly RecentEvent e = ref events.At(age);
            if (e.Kind == RecentEventKind.Closed && e.Reason is not (CloseReason.Closed or CloseReason.Unknown or CloseReason.ListenerClosed))
                _failures.Add(e);
        }

        takers.Look(now.Tables, now.NowNs);
        _pools.Clear();
        foreach (PoolUse pool in _fullest.AsSpan(0, now.Tables.Pools.Fullest(_fullest)))
        {
            var row = new DestinationRow(now.Activity.SinceReset(pool), takers.MostOf(pool));
            if (row.Pool.Taken + row.Pool.Exhausted > 0 && row.IsShown(now with { Words = FilterWords.None }))
                _pools.Add(row);
        }
    }

    public override void Draw(Canvas canvas, int top, int bottom)
    {
        int y = top;
        int widest = _rates.Max(rate => rate.InAll.Length);
        foreach (Rate rate in _rates)
            DrawRate(canvas, y++, rate, widest, rate.Name == Failures && rate.Last > 0 ? Ink.Alarm : Ink.Chart);
        y = DrawStates(canvas, y + 1);
        // Pools first: what is not needed for them is for the last failures.
        int room = bottom - y - 4 - _pools.Count;
        int failures = Math.Min(_failures.Count, room - 2);
        int below = failures > 0 ? failures + 2 : 0;
        DrawPools(canvas, y + 1, bottom - below);
        if (failures > 0)
            DrawFailures(canvas, y + 4 + _pools.Count, failures);
    }

    public override bool OnKey(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.UpArrow:
                _cursor = Math.Clamp(_cursor - 1, 0, Math.Max(0, _shown - 1));
                return true;
            case ConsoleKey.DownArrow:
                _cursor = Math.Clamp(_cursor + 1, 0, Math.Max(0, _shown - 1));
                return true;
            case ConsoleKey.Enter when _pools.Count > 0:
                PoolKey pool = _pools[Math.Clamp(_cursor, 0, _pools.Count - 1)].Pool.Key;
                showConnections($"rport:{pool.Rport} host:{pool.Raddr} netns:{pool.Netns} ");
                return true;
            default:
                return false;
        }
    }

    public override IEnumerable<string> Export() => LinesOfAll().ToArray();

    private IEnumerable<string> LinesOfAll()
    {
        foreach (Rate rate in _rates)
            yield return $"{rate.Name}\t{rate.Last} a second\t{rate.Total} in all";
        foreach (TcpState state in States)
            yield return $"{TcpStates.Text(state)}\t{_counts[(int)state]}";
        foreach (DestinationRow row in _pools)
            yield return $"{row.From} to {row.To}\t{row.Pool.Taken} of {row.SizeText}\t{row.TakerText}";
    }

    private static Rate[] RatesOf(Activity activity) =>
    [
        new("connects", activity.Connected), new("accepts", activity.Accepted), new("closes", activity.Closed), new(Failures, activity.Failed),
    ];

    private void Count(SocketTable sockets, TraceFilter filter)
    {
        bool isFiltered = !filter.IsEmpty;
        for (int row = 0; row < sockets.Rows; row++)
        {
            if (!isFiltered || (sockets.States[row] != TcpState.Unknown && SocketIdentity.Of(sockets, row).Matches(filter)))
                _counts[(int)sockets.States[row]]++;
        }
    }

    private void DrawRate(Canvas canvas, int y, Rate rate, int widest, Ink ink)
    {
        canvas.Text(1, y, rate.Name, Ink.Dim);
        canvas.TextToLeftOf(LabelWidth + NumberWidth, y, $"{rate.Last}/s", Ink.Strong);
        int width = Math.Min(MostOver, canvas.Width - LabelWidth - NumberWidth - widest - 4);
        if (width < 10)
            return;
        canvas.Text(LabelWidth + NumberWidth + 1, y, glyphs.Sparkline(rate.Seconds.AsSpan(MostOver - width)), ink);
        canvas.TextToLeftOf(canvas.Width - 1, y, rate.InAll, Ink.Dim);
    }

    private void DrawFailures(Canvas canvas, int y, int count)
    {
        canvas.Paint(y, Ink.Heading);
        canvas.Text(0, y++, "LAST THAT DID NOT END WELL", Ink.Heading);
        foreach (RecentEvent e in _failures.Take(count))
        {
            int x = canvas.Text(0, y, timeOfDay(e.TimeNs)) + 1;
            x = canvas.Text(x, y, Names.Of(e.Reason), e.Reason == CloseReason.PortExhausted ? Ink.Alarm : Ink.Warning) + 1;
            string owner = e.Socket.OwnerFrom == OwnerFrom.Unknown ? "" : $"  {e.Socket.CommText} ({e.Socket.Pid})";
            canvas.Text(Math.Max(x, 29), y++, $"{e.Socket.Local} {glyphs.Arrow} {e.Socket.Remote}{owner}");
        }
    }

    /// <returns>The line after.</returns>
    private int DrawStates(Canvas canvas, int y)
    {
        int x = LabelWidth;
        canvas.Text(1, y, "sockets", Ink.Dim);
        foreach (TcpState state in States)
        {
            int count = _counts[(int)state];
            if (count == 0 && state is not (TcpState.Established or TcpState.TimeWait))
                continue;
            string name = TcpStates.Text(state), number = $"{count}";
            if (x + name.Length + number.Length + 1 > canvas.Width)
            {
                x = LabelWidth;
                y++;
            }
            x = canvas.Text(x, y, $"{name} ", Ink.Dim);
            x = canvas.Text(x, y, number, state == TcpState.TimeWait && count > 0 ? Ink.Warning : Ink.Strong) + 3;
        }
        y++;
        if (_oldestNs >= 0)
        {
            canvas.Text(1, y, "TIME_WAIT", Ink.Dim);
            canvas.Text(LabelWidth, y++, $"the oldest for {Words.Duration(_oldestNs)}; each lasts {TimeWaitLength.Seconds} s, whatever tcp_fin_timeout says");
        }
        return y;
    }

    private void DrawPools(Canvas canvas, int y, int bottom)
    {
        canvas.Paint(y, Ink.Heading);
        int room = canvas.Width;
        bool isWide = room >= 110;
        int fromWidth = isWide ? 15 : 0, byWidth = isWide ? 24 : 18, rateWidth = isWide ? 17 : 8;
        int toWidth = 21 + Math.Clamp(room - 150, 0, 26);
        int barWidth = Math.Clamp(room - (fromWidth + toWidth + byWidth + rateWidth + 29), 4, 40);
        int x = canvas.Text(0, y, isWide ? "PORTS FROM" : "PORTS TO", Ink.Heading);
        int barAt = isWide ? fromWidth + 1 + toWidth + 1 : toWidth + 1;
        if (isWide)
            canvas.Text(fromWidth + 1, y, "TO", Ink.Heading);
        int takenEnd = barAt + barWidth + 13, emptyEnd = takenEnd + 9, rateEnd = emptyEnd + rateWidth;
        canvas.TextToLeftOf(takenEnd, y, "TAKEN", Ink.Heading);
        canvas.TextToLeftOf(emptyEnd, y, "EMPTY IN", Ink.Heading);
        canvas.TextToLeftOf(rateEnd, y, isWide ? "OPENS/S (BEARS)" : "OPENS/S", Ink.Heading);
        canvas.Text(rateEnd + 1, y, "MOST BY", Ink.Heading);
        // The last line says how many there are more.
        _shown = Math.Min(_pools.Count, Math.Max(0, bottom - y - 2));
        for (int i = 0; i < _shown; i++)
        {
            DestinationRow row = _pools[i];
            int line = y + 1 + i;
            if (isWide)
                canvas.Text(0, line, EndOf(row.From, fromWidth));
            canvas.Text(isWide ? fromWidth + 1 : 0, line, EndOf(row.To, toWidth));
            if (row.Pool.Size > 0)
                canvas.Text(barAt, line, glyphs.Bar(row.Pool.Share, barWidth), row.Ink);
            canvas.TextToLeftOf(takenEnd, line, $"{row.Pool.Taken}/{row.SizeText}", row.Ink);
            canvas.TextToLeftOf(emptyEnd, line, row.EmptyInText, row.EmptyInText == "now" ? Ink.Alarm : Ink.Plain);
            string bears = isWide && row.Pool.Size > 0 ? $" ({Words.Number(row.Pool.SustainablePerSecond)})" : "";
            canvas.TextToLeftOf(rateEnd, line, Words.Number(row.Pool.Rates.Opens) + bears);
            canvas.TextOrCut(rateEnd + 1, line, row.TakerText, Ink.Plain, room - rateEnd - 1);
            if (i == _cursor)
                canvas.Paint(line, Ink.Selected);
        }
        if (_shown == 0)
            canvas.Text(1, y + 1, "no port is taken toward any destination", Ink.Dim);
        else if (_pools.Count > _shown)
            canvas.Text(1, y + 1 + _shown, "and more: 3 shows all", Ink.Dim);
    }

    private static string EndOf(string address, int width) => address.Length <= width ? address : "~" + address[^(width - 1)..];

    /// <summary>A line of the top, as it was when it was looked at.</summary>
    private sealed class Rate
    {
        public Rate(string name, PerSecond counts)
        {
            (Name, Last, Most, Total) = (name, counts.Last, counts.Most(MostOver), counts.Total);
            counts.Latest(Seconds);
        }

        public string Name { get; }

        /// <summary>In the last second that is over.</summary>
        public long Last { get; }

        /// <summary>In one of the last seconds that are over.</summary>
        public long Most { get; }

        public long Total { get; }

        public string InAll => $"most {Most}/s  in all {Total}";

        /// <summary>The last seconds that are over, the oldest first.</summary>
        public long[] Seconds { get; } = new long[MostOver];
    }
}

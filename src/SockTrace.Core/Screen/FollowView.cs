using SockTrace.Events;
using SockTrace.Reporting;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>One connection, through its states.</summary>
internal sealed class FollowView(Glyphs glyphs, Func<long, string> timeOfDay) : View
{
    private readonly List<RecentEvent> _steps = [];
    private SocketIdentity _socket;
    private ConnectionRow? _isNow;
    private string _before = "";

    public override string Title => "One connection";

    public override string Keys => "esc back";

    public override void Look(Snapshot now)
    {
        _steps.Clear();
        _isNow = null;
        if (now.Activity.Followed is not { } followed)
            return;
        _socket = followed.Socket;
        _steps.AddRange(followed.Steps);
        _before = "";
        _isNow = FindConnection(now) ?? FindMiniSocket(now);
    }

    public override void Draw(Canvas canvas, int top, int bottom)
    {
        int y = top;
        canvas.Text(1, y++, $"{_socket.Local} {glyphs.Arrow} {_socket.Remote}", Ink.Strong);
        string owner = _socket.OwnerFrom == OwnerFrom.Unknown
            ? "owner not known"
            : $"{_socket.CommText} ({_socket.Pid}), learned at {Names.Of(_socket.OwnerFrom)}";
        canvas.Text(1, y++, $"{owner}; role {Names.Of(_socket.Role)}");
        canvas.Text(1, y++, $"id {_socket.IdText}, network namespace {_socket.Netns}, cgroup {_socket.Cgroup}", Ink.Dim);
        y++;
        canvas.Paint(y, Ink.Heading);
        canvas.Text(1, y, "TIME", Ink.Heading);
        canvas.Text(14, y, "STATE", Ink.Heading);
        canvas.Text(27, y++, "AFTER, OR WHY", Ink.Heading);
        if (_before.Length > 0)
            canvas.Text(1, y++, $"before: {_before}", Ink.Dim);
        int from = Math.Max(0, _steps.Count - Math.Max(1, bottom - y - 6));
        foreach (RecentEvent step in _steps.Skip(from))
        {
            canvas.Text(1, y, timeOfDay(step.TimeNs));
            canvas.Text(14, y, EventsView.StateOf(step), Inks.Of(step.State));
            canvas.Text(27, y++, EventsView.WhyOf(step));
        }
        if (_steps.Count == 0)
            canvas.Text(1, y++, _isNow is null ? "nothing has happened to it since, and it is not there any more" : "what it did before is not among the last events any more", Ink.Dim);
        DrawNow(canvas, y + 1);
    }

    public override IEnumerable<string> Export() => LinesOfAll().ToArray();

    private IEnumerable<string> LinesOfAll()
    {
        yield return $"{_socket.Local}\t{_socket.Remote}\t{_socket.CommText}\t{_socket.PidText}\t{_socket.IdText}";
        foreach (RecentEvent step in _steps)
            yield return $"{timeOfDay(step.TimeNs)}\t{EventsView.StateOf(step)}\t{EventsView.WhyOf(step)}";
    }

    private void DrawNow(Canvas canvas, int y)
    {
        CloseTotals? totals = _steps.LastOrDefault(step => step.Kind == RecentEventKind.Closed).Totals;
        if (totals is CloseTotals all)
            canvas.Text(1, y++, $"sent {Words.Bytes(all.BytesSent)}, received {Words.Bytes(all.BytesReceived)}; {Words.Count(all.Retransmits, "segment")} sent again; round trip {Words.Duration(all.SrttUs * 1000L)}");
        if (_isNow is not ConnectionRow row)
        {
            if (_steps.Count > 0 && _steps[^1].Kind is not RecentEventKind.Transition)
                canvas.Text(1, y, "It is gone.", Ink.Dim);
            return;
        }
        string since = row.InStateNs < 0 ? "" : $" for {Words.Duration(row.InStateNs)}";
        int x = canvas.Text(1, y, $"now {TcpStates.Text(row.State)}{since}", Inks.Of(row.State));
        if (row.State == TcpState.TimeWait && row.InStateNs >= 0)
        {
            long left = Math.Max(0, TimeWaitLength.Ns - row.InStateNs);
            canvas.Text(x + 2, y, glyphs.Bar((double)row.InStateNs / TimeWaitLength.Ns, 20), Ink.Warning);
            canvas.Text(x + 24, y, left > 0 ? $"its port is free in {Words.Duration(left)}" : "its port is free at the next turn of the kernel's timers");
        }
    }

    private ConnectionRow? FindConnection(Snapshot now)
    {
        ConnectionTable connections = now.Tables.Connections;
        if (Find(connections) is not int row)
            return null;
        // What it did before it was chosen, and before the last events.
        if (_steps.Count == 0 || _steps[0].Old is not (TcpState.Close or TcpState.Listen))
        {
            StateTimes times = connections.StateTimes[row];
            _before = string.Join(", ", Enumerable.Range(0, times.Count).Select(times.StateAt)
                .Where(state => _steps.All(step => step.Old != state))
                .Select(state => $"{Words.Duration(times.Ns(state))} in {TcpStates.Text(state)}"));
        }
        long sinceNs = connections.StateSinceNs[row];
        return new ConnectionRow { State = connections.States[row], InStateNs = sinceNs == 0 ? -1 : Math.Max(0, now.NowNs - sinceNs) };
    }

    private ConnectionRow? FindMiniSocket(Snapshot now)
    {
        MiniSocketTable minis = now.Tables.MiniSockets;
        if (Find(minis) is not int row)
            return null;
        long sinceNs = minis.States[row] == TcpState.TimeWait ? minis.TimeWaitSinceNs[row] : minis.FinWait2SinceNs[row];
        return new ConnectionRow { State = minis.States[row], InStateNs = sinceNs == 0 ? -1 : Math.Max(0, now.NowNs - sinceNs), IsMiniSocket = true };
    }

    private int? Find(SocketTable sockets)
    {
        for (int row = 0; row < sockets.Rows; row++)
        {
            if (sockets.Ids[row] == _socket.Id && sockets.IdsAreCookies[row] == _socket.IdIsCookie && sockets.States[row] != TcpState.Unknown)
                return row;
        }
        return null;
    }
}

using SockTrace.Events;
using SockTrace.Reporting;

namespace SockTrace.Screen;

/// <summary>The last events, the newest first.</summary>
internal sealed class EventsView(Glyphs glyphs, Func<long, string> timeOfDay, Action<SocketIdentity> follow) : TableView<RecentEvent>(glyphs)
{
    private readonly Column<RecentEvent>[] _columns =
    [
        new("TIME", 12, (in e) => timeOfDay(e.TimeNs), (in e) => SortKey.Of(e.Number)) { IsNumber = true, Rank = 0 },
        new("PID", 7, (in e) => e.Socket.PidText, (in e) => SortKey.Of((long)e.Socket.Pid)) { IsNumber = true, Rank = 6 },
        new("COMM", 9, (in e) => e.Socket.CommText, (in e) => SortKey.Of(e.Socket.Comm)) { Rank = 4, GrowsTo = 15 },
        new("LOCAL", 21, (in e) => e.Socket.Local, (in e) => SortKey.Of(e.Socket.Laddr, e.Socket.Lport)) { Rank = 3, GrowsTo = 47, KeepsEnd = true },
        new("REMOTE", 21, (in e) => e.Socket.Remote, (in e) => SortKey.Of(e.Socket.Raddr, e.Socket.Rport)) { Rank = 2, GrowsTo = 47, KeepsEnd = true },
        new("STATE", 11, StateOf, (in e) => SortKey.Of((long)e.State)) { Rank = 1, Ink = InkOf },
        new("AFTER, OR WHY", 24, WhyOf, (in e) => SortKey.Of(e.LastedNs)) { Rank = 5, GrowsTo = 34, GrowsFirst = true },
    ];

    public override string Title => "Events";

    public override string FilterNames => "port lport rport host pid comm netns cgroup family state role";

    public override string Keys => $"{base.Keys}  enter follow";

    protected override IReadOnlyList<Column<RecentEvent>> Columns => _columns;

    protected override int SortedAtFirstBy => 0;

    protected override string NothingText => "nothing has happened yet";

    protected override string RowsText => "recent events";

    protected override void Collect(Snapshot now, List<RecentEvent> rows)
    {
        RecentEvents events = now.Activity.Events;
        for (int age = 0; age < events.Count; age++)
        {
            ref readonly RecentEvent e = ref events.At(age);
            bool isShown = now.Words.Texts.Count == 0 ? now.Shows(e.Socket) : now.Shows(e.Socket, StateOf(e), WhyOf(e));
            if (isShown && (now.Words.State is not TcpState state || (e.State == state && e.Kind != RecentEventKind.PortExhausted)))
                rows.Add(e);
        }
    }

    protected override ulong IdentityOf(in RecentEvent row) => (ulong)row.Number;

    protected override void OnChosen(in RecentEvent row) => follow(row.Socket);

    /// <summary>What came of it.</summary>
    public static string StateOf(in RecentEvent e) => e.Kind == RecentEventKind.PortExhausted ? "NO PORT" : TcpStates.Text(e.State);

    /// <summary>How it came to that.</summary>
    public static string WhyOf(in RecentEvent e) => e.Kind switch
    {
        RecentEventKind.Transition when e.LastedNs >= 0 => $"{Words.Duration(e.LastedNs)} in {TcpStates.Text(e.Old)}",
        RecentEventKind.Closed => $"{Names.Of(e.Reason)}{(e.LastedNs >= 0 ? $", life {Words.Duration(e.LastedNs)}" : "")}",
        RecentEventKind.TimeWaitEnded => $"{Names.Of(e.Ending)}{(e.LastedNs >= 0 ? $" after {Words.Duration(e.LastedNs)}" : "")}",
        RecentEventKind.PortExhausted => "connect() found no local port",
        _ => "",
    };

    private static Ink InkOf(in RecentEvent e) => e.Kind switch
    {
        RecentEventKind.PortExhausted => Ink.Alarm,
        RecentEventKind.Closed when e.Reason is not (Tracking.CloseReason.Closed or Tracking.CloseReason.Unknown) => Ink.Warning,
        RecentEventKind.Transition => Inks.Of(e.State),
        _ => Ink.Plain,
    };
}

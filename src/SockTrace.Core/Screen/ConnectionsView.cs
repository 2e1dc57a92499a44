using SockTrace.Events;
using SockTrace.Reporting;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>The sockets that are there now, mini-sockets too.</summary>
internal sealed class ConnectionsView(Glyphs glyphs, Action<SocketIdentity> follow) : TableView<ConnectionRow>(glyphs)
{
    private static readonly Column<ConnectionRow>[] All =
    [
        new("STATE", 11, (in row) => TcpStates.Text(row.State), (in row) => SortKey.Of((long)row.State)) { Rank = 0, Ink = InkOf },
        new("FOR", 8, (in row) => DurationOrNone(row.InStateNs), (in row) => SortKey.Of(row.InStateNs)) { IsNumber = true, Rank = 4 },
        new("PID", 7, (in row) => row.Socket.PidText, (in row) => SortKey.Of(row.Socket.Pid)) { IsNumber = true, Rank = 5 },
        new("COMM", 13, (in row) => row.Socket.CommText, (in row) => SortKey.Of(row.Socket.Comm)) { Rank = 3, GrowsTo = 15 },
        new("LOCAL", 21, (in row) => row.Socket.Local, (in row) => SortKey.Of(row.Socket.Laddr, row.Socket.Lport)) { Rank = 1, GrowsTo = 47, KeepsEnd = true },
        new("REMOTE", 21, (in row) => row.Socket.Remote, (in row) => SortKey.Of(row.Socket.Raddr, row.Socket.Rport)) { Rank = 2, GrowsTo = 47, KeepsEnd = true },
        new("ROLE", 8, (in row) => row.IsMiniSocket ? "-" : Names.Of(row.Socket.Role), (in row) => SortKey.Of((long)row.Socket.Role)) { Rank = 7 },
        new("LIFE", 8, (in row) => DurationOrNone(row.AgeNs), (in row) => SortKey.Of(row.AgeNs)) { IsNumber = true, Rank = 6 },
        new("NETNS", 10, (in row) => $"{row.Socket.Netns}", (in row) => SortKey.Of(row.Socket.Netns)) { IsNumber = true, Rank = 8 },
        new("ID", 10, (in row) => row.Socket.IdText, (in row) => SortKey.Of(row.Socket.Id)) { IsNumber = true, Rank = 9 },
    ];

    private bool _hidesListeners;

    public override string Title => "Connections";

    public override string FilterNames => "port lport rport host pid comm netns cgroup family min-lifetime state role";

    public override string Keys => $"{base.Keys}  enter follow";

    protected override IReadOnlyList<Column<ConnectionRow>> Columns => All;

    /// <summary>The one in its state for longest.</summary>
    protected override int SortedAtFirstBy => 1;

    protected override string NothingText => "no connection to show";

    protected override string NothingHint => _hidesListeners ? "listeners: state:LISTEN" : "";

    protected override void Collect(Snapshot now, List<ConnectionRow> rows)
    {
        // A host has many, and they do nothing: for who asks.
        _hidesListeners = now.Words.State is null && now.Words.Role is null;
        ConnectionTable connections = now.Tables.Connections;
        for (int row = 0; row < connections.Rows; row++)
        {
            TcpState state = connections.States[row];
            if (state == TcpState.Unknown || (now.Words.State is TcpState wanted && state != wanted))
                continue;
            if (state == TcpState.Listen && _hidesListeners)
                continue;
            var socket = SocketIdentity.Of(connections, row);
            socket.Role = connections.Roles[row];
            long openedNs = connections.OpenedNs[row], sinceNs = connections.StateSinceNs[row];
            if (!now.Shows(socket, TcpStates.Text(state)) || !now.HasLived(openedNs))
                continue;
            rows.Add(new ConnectionRow
            {
                Socket = socket,
                State = state,
                InStateNs = sinceNs == 0 ? -1 : Math.Max(0, now.NowNs - sinceNs),
                AgeNs = openedNs == 0 ? -1 : Math.Max(0, now.NowNs - openedNs),
            });
        }
        if (now.Words.Role is null or Role.Unknown)
            CollectMiniSockets(now, rows);
    }

    protected override ulong IdentityOf(in ConnectionRow row) => row.Socket.Id ^ (row.Socket.IdIsCookie ? 0 : 1ul << 63);

    protected override void OnChosen(in ConnectionRow row) => follow(row.Socket);

    private static void CollectMiniSockets(Snapshot now, List<ConnectionRow> rows)
    {
        MiniSocketTable minis = now.Tables.MiniSockets;
        for (int row = 0; row < minis.Rows; row++)
        {
            TcpState state = minis.States[row];
            if (state == TcpState.Unknown || (now.Words.State is TcpState wanted && state != wanted))
                continue;
            var socket = SocketIdentity.Of(minis, row);
            if (!now.Shows(socket, TcpStates.Text(state)))
                continue;
            long sinceNs = state == TcpState.TimeWait ? minis.TimeWaitSinceNs[row] : minis.FinWait2SinceNs[row];
            rows.Add(new ConnectionRow
            {
                Socket = socket,
                State = state,
                InStateNs = sinceNs == 0 ? -1 : Math.Max(0, now.NowNs - sinceNs),
                AgeNs = -1,
                IsMiniSocket = true,
            });
        }
    }

    private static string DurationOrNone(long ns) => ns < 0 ? "-" : Words.Duration(ns);

    private static Ink InkOf(in ConnectionRow row) => Inks.Of(row.State);
}

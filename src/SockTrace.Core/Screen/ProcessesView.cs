using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Reporting;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>The processes, by what their connections do.</summary>
internal sealed class ProcessesView(Glyphs glyphs, Action<string> showConnections) : TableView<ProcessRow>(glyphs)
{
    private static readonly Column<ProcessRow>[] All =
    [
        new("PID", 7, (in row) => $"{row.Pid}", (in row) => SortKey.Of((long)row.Pid)) { IsNumber = true, Rank = 0 },
        new("COMM", 15, (in row) => SocketIdentity.NameOf(row.Comm), (in row) => SortKey.Of(row.Comm)) { Rank = 1, GrowsTo = 20 },
        new("OPENS/S", 7, (in row) => $"{row.OpenedLately}", (in row) => SortKey.Of(row.OpenedLately)) { IsNumber = true, Rank = 2 },
        new("TIME_WAIT", 9, (in row) => $"{row.TimeWaits}", (in row) => SortKey.Of((long)row.TimeWaits)) { IsNumber = true, Rank = 3 },
        new("LIVE", 7, (in row) => $"{row.Live}", (in row) => SortKey.Of((long)row.Live)) { IsNumber = true, Rank = 4 },
        new("NO PORT", 7, (in row) => $"{row.Exhausted}", (in row) => SortKey.Of(row.Exhausted)) { IsNumber = true, Rank = 5, Ink = (in row) => row.Exhausted > 0 ? Ink.Alarm : Ink.Plain },
        new("FAILED", 7, (in row) => $"{row.Failed}", (in row) => SortKey.Of(row.Failed)) { IsNumber = true, Rank = 6, Ink = (in row) => row.Failed > 0 ? Ink.Warning : Ink.Plain },
        new("OPENS", 8, (in row) => $"{row.Opened}", (in row) => SortKey.Of(row.Opened)) { IsNumber = true, Rank = 7 },
        new("SERVED", 8, (in row) => $"{row.Accepted}", (in row) => SortKey.Of(row.Accepted)) { IsNumber = true, Rank = 9 },
        new("CLOSED", 8, (in row) => $"{row.Closed}", (in row) => SortKey.Of(row.Closed)) { IsNumber = true, Rank = 8 },
        new("SENT", 8, (in row) => Words.Bytes(row.Sent), (in row) => SortKey.Of(row.Sent)) { IsNumber = true, Rank = 10 },
        new("RECEIVED", 8, (in row) => Words.Bytes(row.Received), (in row) => SortKey.Of(row.Received)) { IsNumber = true, Rank = 11 },
    ];

    private readonly Dictionary<ProcessKey, int> _rows = [];

    public override string Title => "Processes";

    public override string FilterNames => "pid comm";

    public override string Keys => $"{base.Keys}  enter its connections";

    protected override IReadOnlyList<Column<ProcessRow>> Columns => All;

    /// <summary>Who left most behind.</summary>
    protected override int SortedAtFirstBy => 3;

    protected override string NothingText => "no process is known";

    protected override void Collect(Snapshot now, List<ProcessRow> rows)
    {
        _rows.Clear();
        ProcessTable processes = now.Activity.Processes;
        for (int row = processes.Oldest; row != RowIndex.None; row = processes.Newer(row))
        {
            ProcessKey key = processes.KeyOf(row);
            _rows[key] = rows.Count;
            rows.Add(new ProcessRow
            {
                Pid = key.Pid,
                Comm = key.Comm,
                OpenedLately = processes.OpenedLately[row],
                Opened = processes.Opened[row],
                Accepted = processes.Accepted[row],
                Closed = processes.Closed[row],
                Failed = processes.Failed[row],
                Exhausted = processes.Exhausted[row],
                Sent = processes.Sent[row],
                Received = processes.Received[row],
            });
        }
        Count(now.Tables.Connections, rows, isMini: false);
        Count(now.Tables.MiniSockets, rows, isMini: true);
        rows.RemoveAll(row => !Shows(now, row));
    }

    protected override ulong IdentityOf(in ProcessRow row) => (ulong)row.Pid << 32 | (uint)ProcessKey.Of(row.Pid, row.Comm).GetHashCode();

    protected override void OnChosen(in ProcessRow row) => showConnections($"pid:{row.Pid} ");

    private void Count(SocketTable sockets, List<ProcessRow> rows, bool isMini)
    {
        for (int row = 0; row < sockets.Rows; row++)
        {
            if (sockets.States[row] == TcpState.Unknown || sockets.OwnersFrom[row] == OwnerFrom.Unknown)
                continue;
            var key = ProcessKey.Of(sockets.Pids[row], sockets.Comms[row]);
            if (!_rows.TryGetValue(key, out int at))
            {
                at = rows.Count;
                _rows[key] = at;
                rows.Add(new ProcessRow { Pid = key.Pid, Comm = key.Comm });
            }
            ref ProcessRow process = ref CollectionsMarshal.AsSpan(rows)[at];
            process.TimeWaits += isMini && sockets.States[row] == TcpState.TimeWait ? 1 : 0;
            process.Live += isMini ? 0 : 1;
        }
    }

    private static bool Shows(Snapshot now, in ProcessRow row) =>
        IsOf(now.Filter, row) && IsOf(now.Words.Filter, row) && now.Words.IsIn(SocketIdentity.NameOf(row.Comm), $"{row.Pid}");

    private static bool IsOf(Filters.TraceFilter filter, in ProcessRow row) =>
        (filter.Pid is not uint pid || pid == row.Pid) && (filter.Comm is null || filter.Comm.Matches(row.Comm));
}

using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Pipeline;

namespace SockTrace.Tracking;

/// <summary>
/// Applies batches of events to the tables, and tells the sinks what that means. Everything
/// that is known about a connection stands in its row; what was not seen stays unknown.
/// </summary>
internal sealed class ConnectionTracker
{
    /// <summary>Pools that a statistics record shows.</summary>
    private const int PoolsShown = 5;

    private readonly ITraceSink[] _sinks;
    private readonly TraceFilter _filter;
    private readonly bool _showsAll;
    private readonly ConnectionTable _connections;
    private readonly TimeWaitEnds _timeWaitEnds;
    private readonly TimeWaitTracker _timeWaits;
    private readonly PortTable _ports;
    private readonly PoolTable _pools;
    private readonly PortUse _portUse;
    private readonly ConnectionRows _rows;
    private readonly SeenConnections _seen;
    private readonly Audit _audit;
    private readonly RecentCloses _recentCloses = new();
    private readonly PoolUse[] _fullest = new PoolUse[PoolsShown];
    private readonly NetworkNamespaces? _namespaces;
    private long _unmatched, _closed, _failed;
    private long _openedBefore, _closedBefore, _failedBefore;

    public ConnectionTracker(TrackerOptions options, ITraceSink[] sinks)
    {
        _sinks = sinks;
        _filter = options.Filter;
        _showsAll = _filter.IsEmpty;
        _namespaces = options.Namespaces;
        _connections = new ConnectionTable(options.MaxConnections);
        _ports = new PortTable(options.MaxPorts);
        _pools = new PoolTable(options.MaxPorts, options.Namespaces is null ? options.Ranges : options.Namespaces.RangeOf);
        _audit = new Audit(options.Namespaces, options.TimeWaitIsCountedAtExpiry);
        _timeWaitEnds = new TimeWaitEnds(options.TimeWait, _ports, _audit, _filter, sinks);
        _timeWaits = new TimeWaitTracker(options.MaxConnections, options.TimeWait, _connections, _pools, _audit, _timeWaitEnds);
        _portUse = new PortUse(_connections, _ports, _pools, _timeWaits);
        _rows = new ConnectionRows(_connections, _portUse, _audit);
        _seen = new SeenConnections(_connections, _rows, _portUse, _filter);
        Tables = new TraceTables(_connections, _timeWaits.MiniSockets, _pools);
    }

    /// <summary>State events applied, whether or not a filter let them through.</summary>
    public long Events { get; private set; }

    /// <summary>State events that the filters let through.</summary>
    public long Shown { get; private set; }

    /// <summary>Events that came twice, by the pair of programs, and were dropped.</summary>
    public long Repeats { get; private set; }

    /// <summary>See <see cref="TraceTotals.Unmatched"/>.</summary>
    public long Unmatched => _unmatched + _seen.Unmatched + _timeWaitEnds.Unseen;

    /// <summary>Connections and mini-sockets that are followed now.</summary>
    public (int Connections, int MiniSockets) Followed => (_connections.Count, _timeWaits.Count);

    /// <summary>Ports that connections and mini-sockets have, in all pools.</summary>
    public int PortsTaken => _pools.Taken;

    /// <summary>Connections that have a local end whose past is remembered.</summary>
    public int PortsHeld => _ports.Live;

    /// <returns>The state that a socket stands in; null where it is not followed.</returns>
    public TcpState? StateOf(ulong sock) => _connections.Find(sock) is int row and not RowIndex.None ? _connections.States[row] : null;

    /// <returns>The state that a mini-socket stands in; null where it is not followed.</returns>
    public TcpState? MiniStateOf(ulong sock) => _timeWaits.StateOf(sock);

    /// <summary>Connections and mini-sockets that gave way to newer ones.</summary>
    public long Evicted => _connections.Evicted + _timeWaits.Evicted;

    /// <summary>Pasts of ports, and pools, that gave way to others.</summary>
    public long Forgotten => _ports.Forgotten + _pools.Forgotten;

    public Audit Audit => _audit;

    /// <summary>To look at, see <see cref="TraceTables"/>.</summary>
    public TraceTables Tables { get; }

    public void Apply(EventBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            // A source that polls, or a trace, leaves nothing out. A transition counts first, see ApplyState().
            if (!_showsAll && batch.Kinds[i] != EventKind.State && _filter.RulesOut(batch, i))
                continue;
            switch (batch.Kinds[i])
            {
                case EventKind.State:
                    ApplyState(batch, i);
                    break;
                case EventKind.MiniArmed:
                    _timeWaits.OnArmed(batch, i);
                    break;
                case EventKind.MiniOverflow:
                    _timeWaits.OnOverflow(batch, i);
                    break;
                case EventKind.Owned:
                    _seen.OnOwned(batch, i);
                    break;
                case EventKind.Seen:
                    _seen.OnSeen(batch, i);
                    break;
                case EventKind.SeenMini:
                    _timeWaits.OnSeen(batch, i, _portUse.IsClientPort(batch.Netnses[i], batch.Lports[i]));
                    break;
                case EventKind.SnapshotEnd:
                    _seen.OnSnapshotEnd(batch, i);
                    _timeWaits.OnSnapshotEnd(batch.Netnses[i], beganNs: (long)batch.BytesSent[i], batch.TimesNs[i]);
                    break;
                default:
                    _timeWaits.OnEnded(batch, i);
                    break;
            }
        }
    }

    /// <summary>Once a second or so: what only the clock makes happen.</summary>
    /// <param name="nowNs">CLOCK_MONOTONIC.</param>
    /// <param name="sinceNs">Since the last time.</param>
    public void Tick(long nowNs, long sinceNs)
    {
        _timeWaits.Sweep(nowNs);
        _seen.Tick(nowNs);
        _pools.Tick(sinceNs / 1e9);
    }

    /// <summary>No more events come: tells what waited for one.</summary>
    public void Finish() => _timeWaits.Finish();

    /// <summary>Whether a snapshot would settle a doubt that came up at the last tick.</summary>
    public bool WantsSnapshot => _timeWaits.WantsSnapshot;

    /// <summary>Whether a pool came near its end at the last tick.</summary>
    public bool HasNewlyFillingPool => _pools.HasNewlyFilling;

    /// <summary>Tells the sinks the statistics.</summary>
    public void TellStatistics(long nowNs, long sinceNs)
    {
        var statistics = new Statistics(nowNs, sinceNs, _fullest.AsSpan(0, _pools.Fullest(_fullest)))
        {
            Opened = _rows.Opened - _openedBefore,
            Closed = _closed - _closedBefore,
            Failed = _failed - _failedBefore,
            Live = _connections.Count,
            TimeWait = _timeWaits.Count,
        };
        (_openedBefore, _closedBefore, _failedBefore) = (_rows.Opened, _closed, _failed);
        foreach (ITraceSink sink in _sinks)
            sink.OnStatistics(statistics);
    }

    private void ApplyState(EventBatch batch, int i)
    {
        ulong sock = batch.Socks[i];
        TcpState old = batch.OldStates[i], @new = batch.NewStates[i];
        long timeNs = batch.TimesNs[i];
        int row = _connections.Find(sock);

        if (IsRepeat(batch, i, row))
        {
            Repeats++;
            return;
        }
        Events++;

        if (!_showsAll && _filter.RulesOut(batch, i))
        {
            if (row != RowIndex.None)
                _rows.Drop(row);
            return;
        }
        if (row != RowIndex.None && _rows.IsAnotherSocket(batch, i, row))
        {
            _rows.Drop(row);
            row = RowIndex.None;
            _unmatched++;
        }
        if (row == RowIndex.None)
            row = _rows.Begin(batch, i);
        else
            _connections.Touch(row);

        bool isBound = _connections.Lports[row] != 0 && _connections.OpenedNs[row] != 0;
        _rows.FillTuple(batch, i, row);
        _rows.FillOwner(batch, i, row);
        bool isConnectFailure = @new == TcpState.Close && CloseReasons.IsConnectFailure(
            _connections.Lports[row], old, batch.Flags[i], batch.SkErrs[i], batch.Shutdowns[i], isBound);
        // It did not get the four-tuple: whoever has it goes on.
        if (!isConnectFailure)
            _portUse.Account(row, timeNs);
        long inOldNs = _rows.Move(row, timeNs, old, @new);
        var connection = new ConnectionView(_connections, row);
        bool isShown = _showsAll || _filter.Accepts(connection, timeNs);
        if (isShown)
            Announce(new Transition(connection, timeNs, old, @new, inOldNs));
        if (@new == TcpState.Close)
            End(batch, i, row, isConnectFailure, isShown);
    }

    /// <summary>The pair of programs may emit one transition twice, see bpf/maps.bpf.h.</summary>
    private bool IsRepeat(EventBatch batch, int i, int row)
    {
        if ((batch.Flags[i] & EventFlags.Rescued) == 0)
            return false;
        TcpState old = batch.OldStates[i], @new = batch.NewStates[i];
        if (row == RowIndex.None)
            return @new == TcpState.Close && _recentCloses.Contains(batch.Socks[i], batch.Cookies[i], old);
        // A socket cannot do the same twice without something else between.
        return old != TcpState.Unknown && _connections.PreviousStates[row] == old
            && _connections.States[row] == @new && !_rows.IsAnotherCookie(batch, i, row);
    }

    /// <param name="batch">Whose event is the last transition.</param>
    /// <param name="i">Which.</param>
    /// <param name="row">The connection's.</param>
    /// <param name="isConnectFailure">See <see cref="CloseReasons.IsConnectFailure"/>.</param>
    /// <param name="isShown">Whether the filters let it through.</param>
    private void End(EventBatch batch, int i, int row, bool isConnectFailure, bool isShown)
    {
        TcpState old = batch.OldStates[i];
        EventFlags flags = batch.Flags[i];
        long timeNs = batch.TimesNs[i];
        bool hasTotals = (flags & EventFlags.Totals) != 0;
        int error = batch.SkErrs[i];
        bool isExhausted = isConnectFailure && _connections.Lports[row] == 0;
        bool isMiniDue = hasTotals && error == 0;
        bool isTimeWaitDue = isMiniDue && (old == TcpState.Closing || (flags & EventFlags.FinReceived) != 0);
        MiniFate mini = old is TcpState.FinWait2 or TcpState.Closing
            ? _timeWaits.OnClose(row, timeNs, isMiniDue, isTimeWaitDue, LeftMini.In(batch.Comms[i]))
            : MiniFate.None;

        (CloseReason reason, ClosedBy by) = isExhausted
            ? (CloseReason.PortExhausted, ClosedBy.Unknown)
            : CloseReasons.Of(old, _connections.Roles[row], flags, error, batch.Shutdowns[i], mini, isConnectFailure);
        CountEnd(batch, i, row, isConnectFailure);
        _portUse.Release(row, timeNs);
        // Of a replayed trace only the end tells them.
        _connections.Uids[row] = batch.Uids[i];
        if (batch.Cgroups[i] != 0)
            _connections.Cgroups[row] = batch.Cgroups[i];

        var connection = new ConnectionView(_connections, row);
        if (isExhausted)
            Exhausted(batch, i, row, isShown);
        if (isShown)
        {
            CloseTotals? totals = hasTotals && !isExhausted
                ? new CloseTotals(batch.BytesSent[i], batch.BytesReceived[i], batch.Retransmits[i], batch.SrttsUs[i])
                : null;
            Announce(new ClosedConnection(connection, timeNs, reason, by, totals));
        }
        if (_connections.OpenedNs[row] == 0 && _connections.LastSeenNs[row] == 0)
            _unmatched++;
        _recentCloses.Add(batch.Socks[i], batch.Cookies[i], old);
        _connections.Remove(row);
    }

    private void CountEnd(EventBatch batch, int i, int row, bool isConnectFailure)
    {
        TcpState old = batch.OldStates[i];
        uint netns = batch.Netnses[i];
        long timeNs = batch.TimesNs[i];
        if (_connections.Roles[row] == Role.Listener)
            return;
        _closed++;
        // tcp_connect() counts it, when the SYN leaves.
        bool isUnsent = isConnectFailure
            || (old == TcpState.SynSent && (_connections.Lports[row] == 0 || (batch.Shutdowns[i] & CloseReasons.Unsent) != 0));
        if (isUnsent && _connections.OpenedNs[row] != 0)
            _audit.Count(netns, _connections.OpenedNs[row], AuditCounter.ActiveOpens, by: -1);
        if (old is TcpState.Established or TcpState.CloseWait)
            _audit.Count(netns, timeNs, AuditCounter.EstabResets);
        if (old is TcpState.SynSent or TcpState.SynRecv)
        {
            _failed++;
            // tcp_done() counts it; close() does not come that way, nor does inet_ehash_nolisten().
            bool isDone = batch.SkErrs[i] != 0 || (old == TcpState.SynSent && (batch.Flags[i] & EventFlags.Held) == 0);
            if (isDone)
                _audit.Count(netns, timeNs, AuditCounter.AttemptFails);
        }
    }

    private void Exhausted(EventBatch batch, int i, int row, bool isShown)
    {
        int taken = _portUse.Exhausted(row), pool = 0;
        if (!isShown)
            return;
        uint ownRange = batch.SrttsUs[i];
        if (_namespaces is not null)
            pool = _namespaces.RangeAtExhaustion(_connections.Netnses[row], taken)?.Within(ownRange).Size ?? 0;
        else if (batch.BytesSent[i] + batch.BytesReceived[i] > 0) // what was recorded of it, see RecordDecoder
            (pool, taken) = ((int)batch.BytesSent[i], (int)batch.BytesReceived[i]);
        foreach (ITraceSink sink in _sinks)
            sink.OnPortExhausted(new PortExhausted(new ConnectionView(_connections, row), batch.TimesNs[i], pool, taken));
    }

    private void Announce(in Transition transition)
    {
        Shown++;
        foreach (ITraceSink sink in _sinks)
            sink.OnTransition(transition);
    }

    private void Announce(in ClosedConnection closed)
    {
        foreach (ITraceSink sink in _sinks)
            sink.OnClosed(closed);
    }
}

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

    /// <summary>How long an event may be late that shows a missing socket to be there.</summary>
    private const long MissingNs = 500_000_000;

    private readonly ITraceSink[] _sinks;
    private readonly TraceFilter _filter;
    private readonly bool _showsAll;
    private readonly bool _rulesOut;
    private readonly ConnectionTable _connections;
    private readonly TimeWaitEnds _timeWaitEnds;
    private readonly TimeWaitTracker _timeWaits;
    private readonly PortTable _ports;
    private readonly PoolTable _pools;
    private readonly PortUse _portUse;
    private readonly Audit _audit;
    private readonly RecentCloses _recentCloses = new();
    private readonly PoolUse[] _fullest = new PoolUse[PoolsShown];
    private readonly NetworkNamespaces? _namespaces;
    private ulong _lastOwnId;
    private long _unmatched;
    private long _missingSinceNs;
    private long _opened, _closed, _failed;
    private long _openedBefore, _closedBefore, _failedBefore;

    public ConnectionTracker(TrackerOptions options, ITraceSink[] sinks)
    {
        _sinks = sinks;
        _filter = options.Filter;
        _showsAll = _filter.IsEmpty;
        _rulesOut = _filter.HasTuple;
        _namespaces = options.Namespaces;
        _connections = new ConnectionTable(options.MaxConnections);
        _ports = new PortTable(options.MaxPorts);
        _pools = new PoolTable(options.MaxPorts, options.Namespaces is null ? options.Ranges : options.Namespaces.RangeOf);
        _audit = new Audit(options.Namespaces, options.TimeWaitIsCountedAtExpiry);
        _timeWaitEnds = new TimeWaitEnds(options.TimeWait, _ports, _audit, _filter, sinks);
        _timeWaits = new TimeWaitTracker(options.MaxConnections, options.TimeWait, _connections, _pools, _audit, _timeWaitEnds);
        _portUse = new PortUse(_connections, _ports, _pools, _timeWaits);
        Tables = new TraceTables(_connections, _timeWaits.MiniSockets, _pools);
    }

    /// <summary>State events applied, whether or not a filter let them through.</summary>
    public long Events { get; private set; }

    /// <summary>State events that the filters let through.</summary>
    public long Shown { get; private set; }

    /// <summary>Events that came twice, by the pair of programs, and were dropped.</summary>
    public long Repeats { get; private set; }

    /// <summary>See <see cref="TraceTotals.Unmatched"/>.</summary>
    public long Unmatched => _unmatched + _timeWaitEnds.Unseen;

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
                    ApplyOwned(batch, i);
                    break;
                case EventKind.Seen:
                    ApplySeen(batch, i);
                    break;
                case EventKind.SeenMini:
                    _timeWaits.OnSeen(batch, i, _portUse.IsClientPort(batch.Netnses[i], batch.Lports[i]));
                    break;
                case EventKind.SnapshotEnd:
                    ApplySnapshotEnd(batch, i);
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
        if (_missingSinceNs != 0 && nowNs - _missingSinceNs > MissingNs)
        {
            DropMissing();
            _missingSinceNs = 0;
        }
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
            Opened = _opened - _openedBefore,
            Closed = _closed - _closedBefore,
            Failed = _failed - _failedBefore,
            Live = _connections.Count,
            TimeWait = _timeWaits.Count,
        };
        (_openedBefore, _closedBefore, _failedBefore) = (_opened, _closed, _failed);
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

        if (_rulesOut && IsUnwanted(batch, i))
        {
            if (row != RowIndex.None)
                Drop(row);
            return;
        }
        if (row != RowIndex.None && IsAnotherSocket(batch, i, row))
        {
            Drop(row);
            row = RowIndex.None;
            _unmatched++;
        }
        if (row == RowIndex.None)
            row = Begin(batch, i);
        else
            _connections.Touch(row);

        bool isBound = _connections.Lports[row] != 0 && _connections.OpenedNs[row] != 0;
        FillTuple(batch, i, row);
        FillOwner(batch, i, row);
        bool isConnectFailure = @new == TcpState.Close && CloseReasons.IsConnectFailure(
            _connections.Lports[row], old, batch.Flags[i], batch.SkErrs[i], batch.Shutdowns[i], isBound);
        // It did not get the four-tuple: whoever has it goes on.
        if (!isConnectFailure)
            _portUse.Account(row, timeNs);
        long inOldNs = Move(row, timeNs, old, @new);
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
            && _connections.States[row] == @new && !IsAnotherCookie(batch, i, row);
    }

    /// <summary>
    /// Whether the filters rule this socket out for good. Until its tuple is complete they
    /// cannot tell, and the kernel sends its transitions up to there.
    /// </summary>
    private bool IsUnwanted(EventBatch batch, int i) => IsTupleComplete(batch, i) && !_filter.AcceptsTuple(
        batch.Netnses[i], batch.Families[i], batch.Laddrs[i], batch.Lports[i], batch.Raddrs[i], batch.Rports[i]);

    private static bool IsTupleComplete(EventBatch batch, int i)
    {
        if (batch.Lports[i] == 0)
            return false;
        bool isListener = batch.NewStates[i] == TcpState.Listen
            || (batch.OldStates[i] == TcpState.Listen && batch.NewStates[i] == TcpState.Close);
        return batch.Rports[i] != 0 || isListener;
    }

    /// <summary>The kernel reuses a socket's address at once; its CLOSE was lost if we see that here.</summary>
    private bool IsAnotherSocket(EventBatch batch, int i, int row)
    {
        TcpState old = batch.OldStates[i];
        if (old == TcpState.Close || (old == TcpState.Listen && batch.NewStates[i] == TcpState.SynRecv))
            return true;
        // inet_csk_clone_lock() may give the child its cookie after LISTEN→SYN_RECV, and its tuple.
        bool mayChangeCookie = old == TcpState.SynRecv && _connections.States[row] == TcpState.SynRecv;
        return IsAnotherCookie(batch, i, row) && !mayChangeCookie;
    }

    /// <summary>Known to be another, that is: before 5.12 programs learn no cookies.</summary>
    private bool IsAnotherCookie(EventBatch batch, int i, int row) =>
        _connections.IdsAreCookies[row] && batch.Cookies[i] != 0 && _connections.Ids[row] != batch.Cookies[i];

    private int Begin(EventBatch batch, int i)
    {
        // What comes only to close is gone at once, and takes nobody's room.
        if (_connections.IsFull && batch.NewStates[i] != TcpState.Close)
            Evict(_connections.Oldest);
        int row = _connections.Add(batch.Socks[i]);
        (Role role, bool isFirst) = (batch.OldStates[i], batch.NewStates[i]) switch
        {
            (TcpState.Close, TcpState.SynSent) => (Role.Client, true),
            (TcpState.Listen, TcpState.SynRecv) => (Role.Server, true),
            (TcpState.Close, TcpState.Listen) => (Role.Listener, true),
            // First sight: these states tell the role, though not the begin.
            (TcpState.Unknown, TcpState.SynSent) => (Role.Client, false),
            (TcpState.Unknown, TcpState.Listen) or (TcpState.Listen, TcpState.Close) => (Role.Listener, false),
            (TcpState.Unknown, TcpState.SynRecv) => (Role.Server, false),
            _ => (Role.Unknown, false),
        };
        _connections.Roles[row] = role;
        _connections.Families[row] = batch.Families[i];
        _connections.Netnses[row] = batch.Netnses[i];
        if (isFirst || (batch.Flags[i] & EventFlags.Appeared) != 0)
        {
            _connections.OpenedNs[row] = batch.TimesNs[i];
            if (role is Role.Client or Role.Server)
                _opened++;
        }
        if (isFirst && role != Role.Listener)
        {
            _audit.Count(batch.Netnses[i], batch.TimesNs[i],
                role == Role.Client ? AuditCounter.ActiveOpens : AuditCounter.PassiveOpens);
        }
        return row;
    }

    /// <summary>
    /// The tuple completes itself: at CLOSE→SYN_SENT there is no local port yet, at
    /// LISTEN→SYN_RECV older kernels have not set the child's tuple.
    /// </summary>
    private void FillTuple(EventBatch batch, int i, int row)
    {
        bool isFilled = _connections.Lports[row] != 0 && _connections.Rports[row] != 0
            && _connections.States[row] is not (TcpState.SynRecv or TcpState.Unknown);
        if (isFilled)
            return;

        if (batch.Cookies[i] != 0)
        {
            _connections.Ids[row] = batch.Cookies[i];
            _connections.IdsAreCookies[row] = (batch.Flags[i] & EventFlags.OwnId) == 0;
        }
        else if (_connections.Ids[row] == 0)
        {
            _connections.Ids[row] = ++_lastOwnId;
        }

        if (!batch.Laddrs[i].IsAny || _connections.Laddrs[row] == default)
            _connections.Laddrs[row] = batch.Laddrs[i];
        if (batch.Lports[i] != 0)
            _connections.Lports[row] = batch.Lports[i];
        if (batch.Rports[i] != 0)
        {
            _connections.Raddrs[row] = batch.Raddrs[i];
            _connections.Rports[row] = batch.Rports[i];
        }
        if (batch.Cgroups[i] != 0)
            _connections.Cgroups[row] = batch.Cgroups[i];
        _connections.Uids[row] = batch.Uids[i];
    }

    private void FillOwner(EventBatch batch, int i, int row)
    {
        EventFlags flags = batch.Flags[i];
        if ((flags & EventFlags.Owner) == 0 || _connections.OwnersFrom[row] != OwnerFrom.Unknown)
            return;

        _connections.Pids[row] = batch.Pids[i];
        _connections.Comms[row] = batch.Comms[i];
        _connections.OwnersFrom[row] = batch.NewStates[i] switch
        {
            _ when (flags & EventFlags.OwnerFromSnapshot) != 0 => OwnerFrom.Snapshot,
            _ when batch.Kinds[i] == EventKind.Owned => OwnerFrom.Accept,
            TcpState.SynSent => OwnerFrom.Connect,
            TcpState.Listen => OwnerFrom.Listen,
            _ => OwnerFrom.Close,
        };
    }

    /// <returns>Nanoseconds in <paramref name="old"/>, or -1 where its begin was not seen.</returns>
    private long Move(int row, long timeNs, TcpState old, TcpState @new)
    {
        long inOldNs = -1;
        if (old != TcpState.Unknown && _connections.States[row] == old && _connections.StateSinceNs[row] != 0)
        {
            // Two CPUs' clocks may differ by a little.
            inOldNs = Math.Max(0, timeNs - _connections.StateSinceNs[row]);
            _connections.StateTimes[row].Add(old, inOldNs);
        }
        if (@new == TcpState.Established && _connections.Roles[row] == Role.Client && _connections.OpenedNs[row] != 0)
            _connections.ConnectNs[row] = Math.Max(1, timeNs - _connections.OpenedNs[row]);

        _connections.PreviousStates[row] = old;
        _connections.States[row] = @new;
        _connections.StateSinceNs[row] = timeNs;
        _connections.AreMissing[row] = false;
        return inOldNs;
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
            Exhausted(row, timeNs, batch.SrttsUs[i], isShown);
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

    /// <summary>The connection has gone unseen, or is none of ours.</summary>
    private void Drop(int row)
    {
        _portUse.Forget(row);
        _connections.Remove(row);
    }

    private void Evict(int row)
    {
        _portUse.Forget(row);
        _connections.Evict(row);
    }

    private void Exhausted(int row, long timeNs, uint ownRange, bool isShown)
    {
        int taken = _portUse.Exhausted(row);
        if (!isShown)
            return;
        int pool = _namespaces?.RangeAtExhaustion(_connections.Netnses[row], taken)?.Within(ownRange).Size ?? 0;
        foreach (ITraceSink sink in _sinks)
            sink.OnPortExhausted(new PortExhausted(new ConnectionView(_connections, row), timeNs, pool, taken));
    }

    private void ApplyOwned(EventBatch batch, int i)
    {
        int row = _connections.Find(batch.Socks[i]);
        if (row == RowIndex.None || IsAnotherCookie(batch, i, row))
            return;
        // What was looked up takes a while to come: another may have the address by now, and no cookie.
        bool isLate = (batch.Flags[i] & EventFlags.OwnerFromSnapshot) != 0 && _connections.LastSeenNs[row] != batch.TimesNs[i];
        if (!isLate)
            FillOwner(batch, i, row);
    }

    private void ApplySeen(EventBatch batch, int i)
    {
        if (_rulesOut && IsUnwanted(batch, i))
            return;
        int row = _connections.Find(batch.Socks[i]);
        if (row != RowIndex.None && IsAnotherCookie(batch, i, row))
        {
            Drop(row);
            row = RowIndex.None;
            _unmatched++;
        }
        TcpState state = batch.NewStates[i];
        if (row == RowIndex.None)
        {
            row = Begin(batch, i);
            FillTuple(batch, i, row);
            _connections.States[row] = state;
            _portUse.Found(row, state);
        }
        else if (_connections.LastSeenNs[row] == 0 && _connections.Roles[row] == Role.Unknown)
        {
            _portUse.Found(row, state);
        }
        if (_connections.States[row] != state && _connections.StateSinceNs[row] < batch.TimesNs[i])
        {
            // Events were lost: when it came to this is not known.
            _connections.States[row] = state;
            _connections.PreviousStates[row] = TcpState.Unknown;
            _connections.StateSinceNs[row] = 0;
        }
        _connections.LastSeenNs[row] = batch.TimesNs[i];
        _connections.AreMissing[row] = false;
        if (batch.Cgroups[i] != 0)
            _connections.Cgroups[row] = batch.Cgroups[i];
    }

    /// <summary>
    /// What the snapshot should have found, and did not, has gone unseen. Or it stands, for a
    /// moment, in no hash table, before connect() has a port or on its way to CLOSE: then an
    /// event follows at once. So it is dropped a tick later, if none has.
    /// </summary>
    private void ApplySnapshotEnd(EventBatch batch, int i)
    {
        uint netns = batch.Netnses[i];
        long beganNs = (long)batch.BytesSent[i];
        for (int row = _connections.NextIn(netns, 0); row != RowIndex.None; row = _connections.NextIn(netns, row + 1))
        {
            if (_connections.LastSeenNs[row] < beganNs && _connections.StateSinceNs[row] < beganNs)
            {
                _connections.AreMissing[row] = true;
                _missingSinceNs = batch.TimesNs[i];
            }
        }
        _timeWaits.OnSnapshotEnd(netns, beganNs, batch.TimesNs[i]);
    }

    private void DropMissing()
    {
        for (int row = _connections.Oldest, newer; row != RowIndex.None; row = newer)
        {
            newer = _connections.Newer(row);
            if (!_connections.AreMissing[row])
                continue;
            Drop(row);
            if (!_rulesOut) // a filter may also have kept it from the snapshot
                _unmatched++;
        }
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

using SockTrace.Events;
using SockTrace.Pipeline;

namespace SockTrace.Tracking;

/// <summary>
/// Follows mini-sockets: joins each to the connection that left it behind, and tells its end.
/// </summary>
internal sealed class TimeWaitTracker(
    int maxMiniSockets, TimeWaitSight sight, ConnectionTable connections, PoolTable pools, Audit audit, TimeWaitEnds ends)
{
    /// <summary>
    /// Later than this after it was armed few are there: 60 s, and a slot of the timer wheel; in
    /// FIN_WAIT2 tcp_fin_timeout less the minute that a full socket stood there, and
    /// tcp_time_wait() waits 3.5 retransmission timeouts at least. But tcp_fin_timeout may be
    /// anything. And tcp_timewait_state_process() sets the timer to 60 s anew for whatever
    /// acknowledges and is out of place, as often as such comes, which no hook tells. So who is
    /// overdue is in doubt, and a snapshot has to say.
    /// </summary>
    private const long OverdueNs = 75_000_000_000, OverdueFinWait2Ns = 135_000_000_000;

    /// <summary>What no snapshot speaks of for so long is given up: in a namespace that none can look into, or a trace.</summary>
    private const long GivenUpNs = 600_000_000_000;

    /// <summary>How often a snapshot is asked for on account of who is overdue: it costs more than they do.</summary>
    private const long AskIntervalNs = 30_000_000_000;

    /// <summary>Ends that were told before their CLOSE, from another CPU: it follows within a handful of events.</summary>
    private const int MaxEndedFirst = 16;

    /// <summary>How much older one is of whose CLOSE no event told: its end came first only where this is a moment.</summary>
    private const long UntoldNs = 1_000_000_000;

    /// <summary>A mini-socket is armed before it is hashed, where a snapshot can find it.</summary>
    private const long HashingNs = 10_000_000;

    /// <summary>More than a jiffy.</summary>
    private const long TickNs = 10_000_000;

    private readonly MiniSocketTable _minis = new(maxMiniSockets);
    private readonly TupleIndex _inferred = new(sight == TimeWaitSight.Inferred ? maxMiniSockets : 1);
    private readonly GoneMiniSockets _gone = new(ends);
    private readonly ulong[] _endedFirst = new ulong[MaxEndedFirst];
    private int _nextEndedFirst;

    private long _askedNs = long.MinValue / 2;
    private bool _isCloseUntold;
    private ulong _lastOwnId = 1ul << 62;

    public int Count => _minis.Count;

    /// <summary>To look at, see <see cref="TraceTables"/>.</summary>
    public MiniSocketTable MiniSockets => _minis;

    /// <returns>The state that a mini-socket stands in; null where it is not followed.</returns>
    public TcpState? StateOf(ulong sock) => _minis.Find(sock) is int row and not RowIndex.None ? _minis.States[row] : null;

    /// <summary>Mini-sockets that gave way to newer ones.</summary>
    public long Evicted => _minis.Evicted;

    /// <summary>Whether some are in doubt since the last sweep: a snapshot would tell.</summary>
    public bool WantsSnapshot { get; private set; }

    /// <summary><see cref="EventKind.MiniArmed"/>: made, or its timer set anew.</summary>
    public void OnArmed(EventBatch batch, int i)
    {
        ulong parent = batch.BytesSent[i];
        int row = _minis.Find(batch.Socks[i]);
        if (row != RowIndex.None && parent == 0 && IsSame(row, batch, i))
        {
            Rearm(row, batch.NewStates[i], batch.TimesNs[i]);
            return;
        }
        if (row != RowIndex.None)
            End(row, batch.TimesNs[i], MiniSocketEnding.Lost);

        row = Add(batch, i);
        Arm(row, batch.NewStates[i], batch.TimesNs[i]);
        audit.CountTimeWait(batch.Netnses[i], batch.TimesNs[i], isExpiry: false);

        int connection = parent == 0 ? RowIndex.None : connections.Find(parent);
        if (connection != RowIndex.None)
            Join(row, connection);
    }

    /// <summary><see cref="EventKind.MiniOverflow"/>.</summary>
    public void OnOverflow(EventBatch batch, int i)
    {
        int connection = connections.Find(batch.BytesSent[i]);
        if (connection != RowIndex.None)
            connections.Minis[connection] = MiniFate.Overflow;
    }

    /// <summary>The kinds from <see cref="EventKind.MiniExpired"/> to <see cref="EventKind.MiniKilled"/>.</summary>
    public void OnEnded(EventBatch batch, int i)
    {
        int row = _minis.Find(batch.Socks[i]);
        bool isTold = batch.Lports[i] != 0; // all of it, and not only its address
        if (row != RowIndex.None && isTold && !IsSame(row, batch, i))
        {
            End(row, batch.TimesNs[i], MiniSocketEnding.Lost);
            row = RowIndex.None;
        }
        if (row == RowIndex.None)
        {
            if (!isTold || sight == TimeWaitSight.Polled)
                return;
            row = Add(batch, i, isPassing: true);
            _minis.States[row] = TcpState.FinWait2;
            _isCloseUntold |= batch.NewStates[i] == TcpState.TimeWait && batch.TimesNs[i] - (long)batch.BytesSent[i] > UntoldNs;
            _endedFirst[_nextEndedFirst++ % MaxEndedFirst] = batch.Cookies[i];
        }

        // It came to TIME_WAIT unseen: its timer tells when.
        if (isTold && batch.NewStates[i] == TcpState.TimeWait && _minis.States[row] == TcpState.FinWait2)
        {
            _minis.States[row] = TcpState.TimeWait;
            _minis.TimeWaitSinceNs[row] = Math.Clamp((long)batch.BytesSent[i], _minis.FinWait2SinceNs[row], batch.TimesNs[i]);
        }
        if (batch.Kinds[i] == EventKind.MiniGone)
        {
            _gone.Add(_minis, row, batch.TimesNs[i]);
            GiveBack(row);
            _minis.Remove(row);
            return;
        }
        End(row, batch.TimesNs[i], batch.Kinds[i] switch
        {
            EventKind.MiniExpired => MiniSocketEnding.Expired,
            EventKind.MiniReused => MiniSocketEnding.Reused,
            EventKind.MiniReopened => MiniSocketEnding.Reopened,
            EventKind.MiniKilled => MiniSocketEnding.Killed,
            _ => MiniSocketEnding.Lost,
        });
    }

    /// <summary>
    /// The connection reaches CLOSE, where a mini-socket may stay behind. Its row is still
    /// there.
    /// </summary>
    /// <param name="row">The connection's.</param>
    /// <param name="timeNs">CLOCK_MONOTONIC.</param>
    /// <param name="isDue">Whether there was no error: FIN_WAIT2 is due, most probably.</param>
    /// <param name="isFinReceived">Whether also both have sent their FIN: TIME_WAIT is due.</param>
    /// <param name="left">What was found there; where timers are looked at.</param>
    public MiniFate OnClose(int row, long timeNs, bool isDue, bool isFinReceived, LeftMini left)
    {
        if (sight == TimeWaitSight.Timers)
            connections.Minis[row] = Leave(row, timeNs, left, isFinReceived);
        if (sight == TimeWaitSight.Inferred && isDue)
            Infer(row, timeNs, isFinReceived ? TcpState.TimeWait : TcpState.FinWait2);
        if (connections.Minis[row] == MiniFate.Overflow)
        {
            int mini = _minis.Add(++_lastOwnId); // in the room for one more
            _minis.CopyIdentity(mini, connections, row);
            ends.Tell(_minis, mini, timeNs, MiniSocketEnding.Overflow);
            _minis.Remove(mini);
        }
        bool wouldBeSeen = sight is TimeWaitSight.Functions or TimeWaitSight.Timers;
        return connections.Minis[row] == MiniFate.None && !wouldBeSeen ? MiniFate.Unseen : connections.Minis[row];
    }

    /// <summary>A connection has this four-tuple from now on, so no mini-socket has.</summary>
    /// <param name="row">The connection's.</param>
    /// <param name="timeNs">CLOCK_MONOTONIC of its begin.</param>
    public void OnTupleTaken(int row, long timeNs)
    {
        _gone.OnTupleTaken(connections.TupleOf(row), connections.Roles[row], timeNs);
        if (sight != TimeWaitSight.Inferred)
            return;
        int mini = FindInferred(connections.TupleOf(row));
        if (mini != RowIndex.None)
            End(mini, timeNs, connections.Roles[row] == Role.Client ? MiniSocketEnding.Reused : MiniSocketEnding.Reopened);
    }

    /// <summary><see cref="EventKind.SeenMini"/>.</summary>
    /// <param name="batch">Whose event it is.</param>
    /// <param name="i">Which.</param>
    /// <param name="isClient">Whether its port is out of a pool, going by the port.</param>
    public void OnSeen(EventBatch batch, int i, bool isClient)
    {
        long armedNs = (long)batch.BytesSent[i];
        bool isTimeWait = batch.NewStates[i] == TcpState.TimeWait;
        if (sight == TimeWaitSight.Inferred && batch.TimesNs[i] >= armedNs + TimeWaitLength.Ns)
            return; // its time is up, though its timer is late: it has ended here
        int row = sight == TimeWaitSight.Inferred
            ? FindInferred(new TupleKey(batch.Laddrs[i], batch.Raddrs[i], batch.Netnses[i], batch.Lports[i], batch.Rports[i]))
            : _minis.Find(batch.Socks[i]);
        if (row != RowIndex.None && !IsSame(row, batch, i))
        {
            End(row, batch.TimesNs[i], MiniSocketEnding.Lost);
            row = RowIndex.None;
        }
        if (row == RowIndex.None)
        {
            row = Add(batch, i);
            _minis.ArmedNs[row] = armedNs;
            _minis.TimeWaitSinceNs[row] = isTimeWait ? armedNs : 0;
            TakePool(row, isClient, isFound: true);
        }
        SetTimer(row, batch.NewStates[i], armedNs);
        _minis.LastSeenNs[row] = batch.TimesNs[i];
        _minis.MissedNs[row] = 0;
    }

    /// <summary><see cref="EventKind.SnapshotEnd"/>: what the snapshot should have found, and did not, has gone unseen.</summary>
    public void OnSnapshotEnd(uint netns, long beganNs, long nowNs)
    {
        for (int row = _minis.NextIn(netns, 0); row != RowIndex.None; row = _minis.NextIn(netns, row + 1))
        {
            bool isGone = _minis.LastSeenNs[row] < beganNs && _minis.ClosedNs[row] < beganNs - HashingNs;
            if (isGone && sight == TimeWaitSight.Inferred && _minis.MissedNs[row] == 0)
                _minis.MissedNs[row] = nowNs; // up to 6.16 the iterator may skip one when a chain changes
            else if (isGone && sight == TimeWaitSight.Inferred)
                EndMissing(row, _minis.MissedNs[row]);
            else if (isGone && !_minis.IsInferred[row])
                End(row, nowNs, MiniSocketEnding.Lost);
        }
    }

    /// <summary>Ends what is worked out to have ended, and what must have ended unseen.</summary>
    public void Sweep(long nowNs)
    {
        _gone.Sweep(nowNs);
        if (sight == TimeWaitSight.Inferred)
            SweepInferred(nowNs);
        else if (sight != TimeWaitSight.Polled)
            SweepMeasured(nowNs);
    }

    /// <summary>Nothing more comes: what went, went for a cause that nobody has seen.</summary>
    public void Finish() => _gone.Sweep(long.MaxValue);

    private void SweepInferred(long nowNs)
    {
        for (int row = _minis.Oldest, newer; row != RowIndex.None; row = newer)
        {
            newer = _minis.Newer(row);
            if (_minis.States[row] == TcpState.TimeWait && nowNs - _minis.ArmedNs[row] >= TimeWaitLength.Ns)
                End(row, _minis.ArmedNs[row] + TimeWaitLength.Ns, MiniSocketEnding.Expired);
            else if (IsGivenUp(row, nowNs))
                End(row, nowNs, MiniSocketEnding.Lost);
        }
    }

    private void SweepMeasured(long nowNs)
    {
        bool isDoubt = _isCloseUntold; // the connection that it was may still have its row
        for (int row = 0; row < _minis.Rows; row++)
        {
            if (_minis.States[row] == TcpState.Unknown)
                continue;
            long overdueNs = _minis.ArmedNs[row] + (_minis.States[row] == TcpState.TimeWait ? OverdueNs : OverdueFinWait2Ns);
            if (IsGivenUp(row, nowNs))
                End(row, nowNs, MiniSocketEnding.Lost);
            else
                isDoubt |= overdueNs <= nowNs && overdueNs > _askedNs; // who was asked for has been answered
        }
        WantsSnapshot = isDoubt && nowNs - _askedNs >= AskIntervalNs;
        if (!WantsSnapshot)
            return;
        _askedNs = nowNs;
        _isCloseUntold = false;
    }

    private bool IsGivenUp(int row, long nowNs) => nowNs - Math.Max(_minis.ArmedNs[row], _minis.LastSeenNs[row]) >= GivenUpNs;

    private bool IsSame(int row, EventBatch batch, int i) =>
        !_minis.IdsAreCookies[row] || batch.Cookies[i] == 0 || _minis.Ids[row] == batch.Cookies[i];

    private void Rearm(int row, TcpState state, long timeNs)
    {
        if (state == TcpState.TimeWait && _minis.States[row] == TcpState.FinWait2)
        {
            _minis.States[row] = state;
            _minis.TimeWaitSinceNs[row] = timeNs;
        }
        _minis.ArmedNs[row] = timeNs;
        _minis.Touch(row);
    }

    /// <param name="batch">Whose event tells of it.</param>
    /// <param name="i">Which.</param>
    /// <param name="isPassing">Whether it is over already, so that nobody has to give way.</param>
    private int Add(EventBatch batch, int i, bool isPassing = false)
    {
        if (!isPassing)
            MakeRoom();
        ulong key = sight == TimeWaitSight.Inferred ? ++_lastOwnId : batch.Socks[i];
        int row = _minis.Add(key);
        ulong cookie = batch.Cookies[i];
        _minis.Ids[row] = cookie != 0 ? cookie : ++_lastOwnId;
        _minis.IdsAreCookies[row] = cookie != 0 && (batch.Flags[i] & EventFlags.OwnId) == 0;
        _minis.Laddrs[row] = batch.Laddrs[i];
        _minis.Raddrs[row] = batch.Raddrs[i];
        _minis.Lports[row] = batch.Lports[i];
        _minis.Rports[row] = batch.Rports[i];
        _minis.Families[row] = batch.Families[i];
        _minis.Netnses[row] = batch.Netnses[i];
        _minis.States[row] = batch.NewStates[i];
        _minis.ClosedNs[row] = batch.TimesNs[i];
        _minis.IsInferred[row] = sight is TimeWaitSight.Polled or TimeWaitSight.Inferred;
        if (sight == TimeWaitSight.Inferred)
            _inferred.Set(_minis.TupleOf(row), key); // its id, where it has no cookie, is another number
        return row;
    }

    private void Join(int row, int connection)
    {
        _minis.CopyIdentity(row, connections, connection);
        connections.Minis[connection] = MiniFate.Armed;
        TakePool(row, connections.IsInPool[connection]);
    }

    /// <summary>The mini-socket that a connection leaves behind, as its CLOSE tells of it.</summary>
    private MiniFate Leave(int connection, long timeNs, LeftMini left, bool isFinReceived)
    {
        if (left.Sock == 0)
        {
            if (!left.IsKnown)
                return MiniFate.Unseen;
            if (connections.IdsAreCookies[connection] && _endedFirst.Contains(connections.Ids[connection]))
                return MiniFate.Armed;
            return left.IsOverflown || isFinReceived ? MiniFate.Overflow : MiniFate.None;
        }
        // A snapshot has just found it, or whoever had this address has gone unseen.
        int row = _minis.Find(left.Sock);
        if (row != RowIndex.None && _minis.IdsAreCookies[row] && _minis.Ids[row] == connections.Ids[connection])
            GiveBack(row);
        else
            row = AddAnew(left.Sock, row, timeNs);
        _minis.States[row] = left.State;
        _minis.ClosedNs[row] = timeNs;
        Arm(row, left.State, timeNs);
        Join(row, connection);
        audit.CountTimeWait(connections.Netnses[connection], timeNs, isExpiry: false);
        return MiniFate.Armed;
    }

    private int AddAnew(ulong sock, int before, long timeNs)
    {
        if (before != RowIndex.None)
            End(before, timeNs, MiniSocketEnding.Lost);
        MakeRoom();
        return _minis.Add(sock);
    }

    private void Arm(int row, TcpState state, long timeNs)
    {
        _minis.ArmedNs[row] = timeNs;
        if (state == TcpState.TimeWait)
            _minis.TimeWaitSinceNs[row] = timeNs;
        else
            _minis.FinWait2SinceNs[row] = timeNs;
    }

    private void Infer(int connection, long timeNs, TcpState state)
    {
        MakeRoom();
        int row = _minis.Add(++_lastOwnId);
        _minis.CopyIdentity(row, connections, connection);
        _minis.States[row] = state;
        Arm(row, state, timeNs);
        _minis.ClosedNs[row] = timeNs;
        _minis.IsInferred[row] = true;
        audit.CountTimeWait(_minis.Netnses[row], timeNs, isExpiry: false);
        TakePool(row, connections.IsInPool[connection]);
        connections.Minis[connection] = MiniFate.Armed;
        _inferred.Set(_minis.TupleOf(row), _lastOwnId);
    }

    private int FindInferred(TupleKey tuple) => _inferred.Find(tuple) is ulong key ? _minis.Find(key) : RowIndex.None;

    /// <summary>A snapshot shows the timer, which has been set anew, perhaps.</summary>
    /// <param name="armedNs">When it was set, if to 60 s; in FIN_WAIT2 60 s before it is to fire.</param>
    private void SetTimer(int row, TcpState state, long armedNs)
    {
        if (state == TcpState.TimeWait && _minis.States[row] == TcpState.FinWait2)
        {
            _minis.States[row] = TcpState.TimeWait;
            _minis.TimeWaitSinceNs[row] = Math.Max(armedNs, _minis.FinWait2SinceNs[row]);
            _minis.ArmedNs[row] = armedNs;
            return;
        }
        // It tells the tick, and what is known of a TIME_WAIT's begin is finer.
        if (state == _minis.States[row] && (state == TcpState.FinWait2 || armedNs > _minis.ArmedNs[row] + TickNs))
            _minis.ArmedNs[row] = armedNs;
    }

    /// <summary>
    /// A snapshot does not show what was inferred. A connection that takes its four-tuple would
    /// have been seen; so a RST has ended it, or FIN_WAIT2 its timer. What no snapshot has ever
    /// shown was lost from sight at once, or never was: tcp_max_tw_buckets.
    /// </summary>
    /// <param name="row">Which; two snapshots in a row have not shown it.</param>
    /// <param name="nowNs">When the first of them was taken.</param>
    private void EndMissing(int row, long nowNs)
    {
        long expiryNs = _minis.ArmedNs[row] + TimeWaitLength.Ns;
        if (_minis.LastSeenNs[row] == 0)
            End(row, nowNs, MiniSocketEnding.Lost);
        else if (nowNs >= expiryNs)
            End(row, expiryNs, MiniSocketEnding.Expired);
        else
            End(row, nowNs, MiniSocketEnding.Killed);
    }

    private void TakePool(int row, bool isInPool, bool isFound = false)
    {
        _minis.IsInPool[row] = isInPool;
        if (!isInPool)
            return;
        if (isFound)
            pools.FoundTimeWait(_minis.PoolOf(row));
        else
            pools.TakeTimeWait(_minis.PoolOf(row));
    }

    private void End(int row, long timeNs, MiniSocketEnding ending)
    {
        ends.Tell(_minis, row, timeNs, ending);
        GiveBack(row, isTakenOver: ending == MiniSocketEnding.Reused);
        _minis.Remove(row);
    }

    /// <summary>In a full table the one quiet longest gives way.</summary>
    private void MakeRoom()
    {
        if (!_minis.IsFull)
            return;
        int oldest = _minis.Oldest;
        GiveBack(oldest);
        _minis.Evict(oldest);
    }

    /// <summary>What a mini-socket has outside of its row.</summary>
    private void GiveBack(int row, bool isTakenOver = false)
    {
        if (_minis.IsInPool[row])
            pools.ReleaseTimeWait(_minis.PoolOf(row), isTakenOver);
        // A later one may have its four-tuple, where events were lost.
        if (sight == TimeWaitSight.Inferred && FindInferred(_minis.TupleOf(row)) == row)
            _inferred.Remove(_minis.TupleOf(row));
    }
}

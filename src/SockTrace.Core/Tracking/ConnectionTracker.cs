using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Pipeline;

namespace SockTrace.Tracking;

/// <summary>
/// Applies batches of events to the tables, and tells the sinks what that means. Everything
/// that is known about a connection stands in its row; what was not seen stays unknown.
/// </summary>
internal sealed class ConnectionTracker(ConnectionTable connections, MiniSocketTable miniSockets,
    TraceFilter filter, ITraceSink[] sinks)
{
    private readonly RecentCloses _recentCloses = new();
    private readonly bool _showsAll = filter.IsEmpty;
    private readonly bool _rulesOut = filter.HasTuple;
    private ulong _lastOwnId;

    /// <summary>State events applied, whether or not a filter let them through.</summary>
    public long Events { get; private set; }

    /// <summary>State events that the filters let through.</summary>
    public long Shown { get; private set; }

    /// <summary>Events that came twice, by the pair of programs, and were dropped.</summary>
    public long Repeats { get; private set; }

    /// <summary>See <see cref="TraceTotals.Unmatched"/>.</summary>
    public long Unmatched { get; private set; }

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
                    ApplyMiniArmed(batch, i);
                    break;
                default:
                    ApplyMiniEnded(batch, i);
                    break;
            }
        }
    }

    private void ApplyState(EventBatch batch, int i)
    {
        ulong sock = batch.Socks[i];
        TcpState old = batch.OldStates[i], @new = batch.NewStates[i];
        int row = connections.Find(sock);

        if (IsRepeat(batch, i, row))
        {
            Repeats++;
            return;
        }
        Events++;

        if (_rulesOut && IsUnwanted(batch, i))
        {
            if (row != RowIndex.None)
                connections.Remove(row);
            return;
        }
        if (row != RowIndex.None && IsAnotherSocket(batch, i, row))
        {
            connections.Remove(row);
            row = RowIndex.None;
            Unmatched++;
        }
        if (row == RowIndex.None)
        {
            row = connections.Add(sock);
            Begin(batch, i, row);
        }
        else
        {
            connections.Touch(row);
        }

        FillTuple(batch, i, row);
        FillOwner(batch, i, row);
        long inOldNs = Move(row, batch.TimesNs[i], old, @new);
        var connection = new ConnectionView(connections, row);
        bool isShown = _showsAll || filter.Accepts(connection, batch.TimesNs[i]);
        if (isShown)
            Announce(new Transition(connection, batch.TimesNs[i], old, @new, inOldNs));

        if (@new == TcpState.Close)
        {
            if (isShown)
                Announce(new ClosedConnection(connection, batch.TimesNs[i], TotalsOf(batch, i)));
            if (connections.OpenedNs[row] == 0)
                Unmatched++;
            _recentCloses.Add(sock, batch.Cookies[i], old);
            connections.Remove(row);
        }
    }

    /// <summary>The pair of programs may emit one transition twice, see bpf/socktrace.bpf.c.</summary>
    private bool IsRepeat(EventBatch batch, int i, int row)
    {
        if ((batch.Flags[i] & EventFlags.Rescued) == 0)
            return false;
        TcpState old = batch.OldStates[i], @new = batch.NewStates[i];
        if (row == RowIndex.None)
            return @new == TcpState.Close && _recentCloses.Contains(batch.Socks[i], batch.Cookies[i], old);
        // A socket cannot do the same twice without something else between.
        return old != TcpState.Unknown && connections.PreviousStates[row] == old
            && connections.States[row] == @new && connections.Ids[row] == batch.Cookies[i];
    }

    /// <summary>
    /// Whether the filters rule this socket out for good. Until its tuple is complete they
    /// cannot tell, and the kernel sends its transitions up to there.
    /// </summary>
    private bool IsUnwanted(EventBatch batch, int i) => IsTupleComplete(batch, i) && !filter.AcceptsTuple(batch.Netnses[i], batch.Families[i],
            batch.Laddrs[i], batch.Lports[i], batch.Raddrs[i], batch.Rports[i]);

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
        bool mayChangeCookie = old == TcpState.SynRecv && connections.States[row] == TcpState.SynRecv;
        return connections.IdsAreCookies[row] && batch.Cookies[i] != 0
            && connections.Ids[row] != batch.Cookies[i] && !mayChangeCookie;
    }

    private void Begin(EventBatch batch, int i, int row)
    {
        (Role role, bool isFirst) = (batch.OldStates[i], batch.NewStates[i]) switch
        {
            (TcpState.Close, TcpState.SynSent) => (Role.Client, true),
            (TcpState.Listen, TcpState.SynRecv) => (Role.Server, true),
            (TcpState.Close, TcpState.Listen) => (Role.Listener, true),
            // A poller's first sight: these states tell the role, though not the begin.
            (TcpState.Unknown, TcpState.SynSent) => (Role.Client, false),
            (TcpState.Unknown, TcpState.Listen) => (Role.Listener, false),
            (TcpState.Unknown, TcpState.SynRecv) => (Role.Server, false),
            _ => (Role.Unknown, false),
        };
        connections.Roles[row] = role;
        connections.Families[row] = batch.Families[i];
        connections.Netnses[row] = batch.Netnses[i];
        if (isFirst || (batch.Flags[i] & EventFlags.Appeared) != 0)
            connections.OpenedNs[row] = batch.TimesNs[i];
    }

    /// <summary>
    /// The tuple completes itself: at CLOSE→SYN_SENT there is no local port yet, at
    /// LISTEN→SYN_RECV older kernels have not set the child's tuple.
    /// </summary>
    private void FillTuple(EventBatch batch, int i, int row)
    {
        if (batch.Cookies[i] != 0)
        {
            connections.Ids[row] = batch.Cookies[i];
            connections.IdsAreCookies[row] = (batch.Flags[i] & EventFlags.OwnId) == 0;
        }
        else if (connections.Ids[row] == 0)
        {
            connections.Ids[row] = ++_lastOwnId;
        }

        if (!batch.Laddrs[i].IsAny || connections.Laddrs[row] == default)
            connections.Laddrs[row] = batch.Laddrs[i];
        if (batch.Lports[i] != 0)
            connections.Lports[row] = batch.Lports[i];
        if (batch.Rports[i] != 0)
        {
            connections.Raddrs[row] = batch.Raddrs[i];
            connections.Rports[row] = batch.Rports[i];
        }
        if (batch.Cgroups[i] != 0)
            connections.Cgroups[row] = batch.Cgroups[i];
        connections.Uids[row] = batch.Uids[i];
    }

    private void FillOwner(EventBatch batch, int i, int row)
    {
        EventFlags flags = batch.Flags[i];
        if ((flags & EventFlags.Owner) == 0 || connections.OwnersFrom[row] != OwnerFrom.Unknown)
            return;

        connections.Pids[row] = batch.Pids[i];
        connections.Comms[row] = batch.Comms[i];
        connections.OwnersFrom[row] = batch.NewStates[i] switch
        {
            _ when (flags & EventFlags.OwnerFromSnapshot) != 0 => OwnerFrom.Snapshot,
            TcpState.SynSent => OwnerFrom.Connect,
            TcpState.Listen => OwnerFrom.Listen,
            _ => OwnerFrom.Close,
        };
    }

    /// <returns>Nanoseconds in <paramref name="old"/>, or -1 where its begin was not seen.</returns>
    private long Move(int row, long timeNs, TcpState old, TcpState @new)
    {
        long inOldNs = -1;
        if (old != TcpState.Unknown && connections.States[row] == old)
        {
            // Two CPUs' clocks may differ by a little.
            inOldNs = Math.Max(0, timeNs - connections.StateSinceNs[row]);
            connections.StateTimes[row].Add(old, inOldNs);
        }
        if (@new == TcpState.Established && connections.Roles[row] == Role.Client && connections.OpenedNs[row] != 0)
            connections.ConnectNs[row] = Math.Max(1, timeNs - connections.OpenedNs[row]);

        connections.PreviousStates[row] = old;
        connections.States[row] = @new;
        connections.StateSinceNs[row] = timeNs;
        return inOldNs;
    }

    private static CloseTotals? TotalsOf(EventBatch batch, int i) =>
        (batch.Flags[i] & EventFlags.Totals) == 0
            ? null
            : new CloseTotals(batch.BytesSent[i], batch.BytesReceived[i], batch.Retransmits[i],
                batch.SrttsUs[i], batch.SkErrs[i]);

    private void ApplyMiniArmed(EventBatch batch, int i)
    {
        int row = miniSockets.Find(batch.Socks[i]);
        if (row == RowIndex.None)
        {
            row = miniSockets.Add(batch.Socks[i]);
            ulong cookie = batch.Cookies[i];
            miniSockets.Ids[row] = cookie != 0 ? cookie : ++_lastOwnId;
            miniSockets.IdsAreCookies[row] = cookie != 0 && (batch.Flags[i] & EventFlags.OwnId) == 0;
        }
        if (batch.NewStates[i] == TcpState.TimeWait)
            miniSockets.TimeWaitSinceNs[row] = batch.TimesNs[i];
    }

    private void ApplyMiniEnded(EventBatch batch, int i)
    {
        int row = miniSockets.Find(batch.Socks[i]);
        if (row == RowIndex.None)
            return;

        long beganNs = miniSockets.TimeWaitSinceNs[row];
        if (beganNs != 0)
        {
            var ended = new EndedMiniSocket(miniSockets.Ids[row], miniSockets.IdsAreCookies[row],
                batch.Netnses[i], batch.Families[i], batch.Laddrs[i], batch.Lports[i], batch.Raddrs[i],
                batch.Rports[i], beganNs, batch.TimesNs[i],
                batch.Kinds[i] == EventKind.MiniExpired ? MiniSocketEnding.Expired : MiniSocketEnding.Lost);
            if (filter.Accepts(ended))
            {
                foreach (ITraceSink sink in sinks)
                    sink.OnTimeWaitEnded(ended);
            }
        }
        miniSockets.Remove(row);
    }

    private void Announce(in Transition transition)
    {
        Shown++;
        foreach (ITraceSink sink in sinks)
            sink.OnTransition(transition);
    }

    private void Announce(in ClosedConnection closed)
    {
        foreach (ITraceSink sink in sinks)
            sink.OnClosed(closed);
    }
}

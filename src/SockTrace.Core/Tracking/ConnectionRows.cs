using SockTrace.Events;
using SockTrace.Pipeline;

namespace SockTrace.Tracking;

/// <summary>
/// The row of a connection, from the first event that tells of it: what each adds to it, and
/// whether an event is this socket's at all.
/// </summary>
internal sealed class ConnectionRows(ConnectionTable connections, PortUse portUse, Audit audit)
{
    private ulong _lastOwnId;

    /// <summary>Connections whose begin was seen.</summary>
    public long Opened { get; private set; }

    /// <summary>The kernel reuses a socket's address at once; its CLOSE was lost if we see that here.</summary>
    public bool IsAnotherSocket(EventBatch batch, int i, int row)
    {
        TcpState old = batch.OldStates[i];
        if (old == TcpState.Close || (old == TcpState.Listen && batch.NewStates[i] == TcpState.SynRecv))
            return true;
        // inet_csk_clone_lock() may give the child its cookie after LISTEN→SYN_RECV, and its tuple.
        bool mayChangeCookie = old == TcpState.SynRecv && connections.States[row] == TcpState.SynRecv;
        return IsAnotherCookie(batch, i, row) && !mayChangeCookie;
    }

    /// <summary>Known to be another, that is: before 5.12 programs learn no cookies.</summary>
    public bool IsAnotherCookie(EventBatch batch, int i, int row) =>
        connections.IdsAreCookies[row] && batch.Cookies[i] != 0 && connections.Ids[row] != batch.Cookies[i];

    /// <summary>A row for the socket of this event, of which none has told before; in a full table the one quiet longest gives way.</summary>
    public int Begin(EventBatch batch, int i)
    {
        // What comes only to close is gone at once, and takes nobody's room.
        if (connections.IsFull && batch.NewStates[i] != TcpState.Close)
            Evict(connections.Oldest);
        int row = connections.Add(batch.Socks[i]);
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
        connections.Roles[row] = role;
        connections.Families[row] = batch.Families[i];
        connections.Netnses[row] = batch.Netnses[i];
        if (isFirst || (batch.Flags[i] & EventFlags.Appeared) != 0)
        {
            connections.OpenedNs[row] = batch.TimesNs[i];
            if (role is Role.Client or Role.Server)
                Opened++;
        }
        if (isFirst && role != Role.Listener)
        {
            audit.Count(batch.Netnses[i], batch.TimesNs[i],
                role == Role.Client ? AuditCounter.ActiveOpens : AuditCounter.PassiveOpens);
        }
        return row;
    }

    /// <summary>
    /// The tuple completes itself: at CLOSE→SYN_SENT there is no local port yet, at
    /// LISTEN→SYN_RECV older kernels have not set the child's tuple.
    /// </summary>
    public void FillTuple(EventBatch batch, int i, int row)
    {
        bool isFilled = connections.Lports[row] != 0 && connections.Rports[row] != 0
            && connections.States[row] is not (TcpState.SynRecv or TcpState.Unknown);
        if (isFilled)
            return;

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

    /// <summary>Who is told of first remains the owner.</summary>
    public void FillOwner(EventBatch batch, int i, int row)
    {
        EventFlags flags = batch.Flags[i];
        if ((flags & EventFlags.Owner) == 0 || connections.OwnersFrom[row] != OwnerFrom.Unknown)
            return;

        connections.Pids[row] = batch.Pids[i];
        connections.Comms[row] = batch.Comms[i];
        connections.OwnersFrom[row] = batch.NewStates[i] switch
        {
            _ when (flags & EventFlags.OwnerFromSnapshot) != 0 => OwnerFrom.Snapshot,
            _ when batch.Kinds[i] == EventKind.Owned => OwnerFrom.Accept,
            TcpState.SynSent => OwnerFrom.Connect,
            TcpState.Listen => OwnerFrom.Listen,
            _ => OwnerFrom.Close,
        };
    }

    /// <summary>The connection goes from one state to another.</summary>
    /// <returns>Nanoseconds in <paramref name="old"/>, or -1 where its begin was not seen.</returns>
    public long Move(int row, long timeNs, TcpState old, TcpState @new)
    {
        long inOldNs = -1;
        if (old != TcpState.Unknown && connections.States[row] == old && connections.StateSinceNs[row] != 0)
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
        connections.AreMissing[row] = false;
        return inOldNs;
    }

    /// <summary>The connection has gone unseen, or is none of ours.</summary>
    public void Drop(int row)
    {
        portUse.Forget(row);
        connections.Remove(row);
    }

    private void Evict(int row)
    {
        portUse.Forget(row);
        connections.Evict(row);
    }
}

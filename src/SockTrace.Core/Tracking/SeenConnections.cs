using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Pipeline;

namespace SockTrace.Tracking;

/// <summary>
/// What a snapshot tells of connections: that they were there before, or that events of theirs were
/// lost, or that they are there no more; and whose they are.
/// </summary>
internal sealed class SeenConnections(
    ConnectionTable connections, ConnectionRows rows, PortUse portUse, TraceFilter filter)
{
    /// <summary>How long an event may be late that shows a missing socket to be there.</summary>
    private const long MissingNs = 500_000_000;

    private long _missingSinceNs;

    /// <summary>Connections that have gone unseen.</summary>
    public long Unmatched { get; private set; }

    /// <summary>Drops who is missing still.</summary>
    /// <param name="nowNs">CLOCK_MONOTONIC.</param>
    public void Tick(long nowNs)
    {
        if (_missingSinceNs == 0 || nowNs - _missingSinceNs <= MissingNs)
            return;
        DropMissing();
        _missingSinceNs = 0;
    }

    /// <summary><see cref="EventKind.Owned"/>.</summary>
    public void OnOwned(EventBatch batch, int i)
    {
        int row = connections.Find(batch.Socks[i]);
        if (row == RowIndex.None || rows.IsAnotherCookie(batch, i, row))
            return;
        // What was looked up takes a while to come: another may have the address by now, and no cookie.
        bool isLate = (batch.Flags[i] & EventFlags.OwnerFromSnapshot) != 0 && connections.LastSeenNs[row] != batch.TimesNs[i];
        if (!isLate)
            rows.FillOwner(batch, i, row);
    }

    /// <summary><see cref="EventKind.Seen"/>.</summary>
    public void OnSeen(EventBatch batch, int i)
    {
        int row = connections.Find(batch.Socks[i]);
        if (row != RowIndex.None && rows.IsAnotherCookie(batch, i, row))
        {
            rows.Drop(row);
            row = RowIndex.None;
            Unmatched++;
        }
        TcpState state = batch.NewStates[i];
        if (row == RowIndex.None)
        {
            row = rows.Begin(batch, i);
            rows.FillTuple(batch, i, row);
            connections.States[row] = state;
            portUse.Found(row, state);
        }
        else if (connections.LastSeenNs[row] == 0 && connections.Roles[row] == Role.Unknown)
        {
            portUse.Found(row, state);
        }
        if (connections.States[row] != state && connections.StateSinceNs[row] < batch.TimesNs[i])
        {
            // Events were lost: when it came to this is not known.
            connections.States[row] = state;
            connections.PreviousStates[row] = TcpState.Unknown;
            connections.StateSinceNs[row] = 0;
        }
        connections.LastSeenNs[row] = batch.TimesNs[i];
        connections.AreMissing[row] = false;
        if (batch.Cgroups[i] != 0)
            connections.Cgroups[row] = batch.Cgroups[i];
    }

    /// <summary>
    /// What the snapshot should have found, and did not, has gone unseen. Or it stands, for a
    /// moment, in no hash table, before connect() has a port or on its way to CLOSE: then an
    /// event follows at once. So it is dropped a tick later, if none has.
    /// </summary>
    public void OnSnapshotEnd(EventBatch batch, int i)
    {
        uint netns = batch.Netnses[i];
        long beganNs = (long)batch.BytesSent[i];
        for (int row = connections.NextIn(netns, 0); row != RowIndex.None; row = connections.NextIn(netns, row + 1))
        {
            if (connections.LastSeenNs[row] < beganNs && connections.StateSinceNs[row] < beganNs)
            {
                connections.AreMissing[row] = true;
                _missingSinceNs = batch.TimesNs[i];
            }
        }
    }

    private void DropMissing()
    {
        for (int row = connections.Oldest, newer; row != RowIndex.None; row = newer)
        {
            newer = connections.Newer(row);
            if (!connections.AreMissing[row])
                continue;
            rows.Drop(row);
            if (!filter.HasTuple) // a filter may also have kept it from the snapshot
                Unmatched++;
        }
    }
}

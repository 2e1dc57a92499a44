using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Replay;

/// <summary>
/// Turns the records of a trace back into the events that they were made from, as far as the
/// tables need them. A CLOSE waits for the conn record that follows it: that has the totals.
/// </summary>
/// <param name="orphans">
/// Ids of connections whose mini-socket first stood in FIN_WAIT2: only its end's record tells
/// that, a minute later.
/// </param>
internal sealed class RecordDecoder(IReadOnlySet<ulong> orphans)
{
    /// <summary>Set in the `sock` of what stands for a mini-socket: a connection and its mini-socket have one id.</summary>
    private const ulong MiniBit = 1ul << 63;

    /// <summary>Set in the `sock` where the id is a number of the tracer's own: it may be some cookie as well.</summary>
    private const ulong OwnIdBit = 1ul << 62;

    /// <summary>An error of no meaning for a connection: what it closed for is not known.</summary>
    private const ushort NoKnownError = 1;

    /// <summary>Sockets that had a port before they connected.</summary>
    private readonly HashSet<ulong> _bound = [];

    private TcpEvent _close;
    private bool _isCloseWaiting;
    private bool _isBound;
    private bool _hasOverflown;

    /// <summary>Appends the events of a record.</summary>
    public void Decode(TraceRecord record, List<TcpEvent> events)
    {
        switch (record.Type)
        {
            case RecordType.State:
                Flush(events);
                DecodeState(record, events);
                break;
            case RecordType.Conn when IsOfWaitingClose(record):
                FillTotals(record);
                Arm(record, events);
                Flush(events);
                break;
            case RecordType.PortExhausted when IsOfWaitingClose(record):
                _close.BytesSent = (ulong)Math.Max(0, record.Pool);
                _close.BytesReceived = (ulong)Math.Max(0, record.Taken);
                break;
            case RecordType.TimeWait when record.Ended == MiniSocketEnding.Overflow:
                if (IsOfWaitingClose(record))
                {
                    _hasOverflown = true;
                    events.Add(EventOf(record, EventKind.MiniOverflow) with { BytesSent = _close.Sock });
                }
                break;
            case RecordType.TimeWait:
                Flush(events);
                DecodeTimeWait(record, events);
                break;
        }
    }

    /// <summary>No conn record follows the last CLOSE: a filter kept it from the trace.</summary>
    public void Flush(List<TcpEvent> events)
    {
        if (_isCloseWaiting)
            events.Add(_close);
        _isCloseWaiting = false;
    }

    private void DecodeState(TraceRecord record, List<TcpEvent> events)
    {
        TcpEvent e = EventOf(record, EventKind.State);
        e.OldState = record.Old;
        e.NewState = record.New;
        if (record.OwnerFrom == OwnerFrom.Accept)
            events.Add(e with { Kind = EventKind.Owned, OldState = TcpState.Unknown, Flags = e.Flags | EventFlags.Owner });
        else if (record.OwnerFrom == OwnerFrom.Snapshot)
            e.Flags |= EventFlags.Owner | EventFlags.OwnerFromSnapshot;
        else if (record.OwnerFrom != OwnerFrom.Unknown)
            e.Flags |= EventFlags.Owner;

        if (record.New != TcpState.Close)
        {
            if (record.New == TcpState.SynSent && record.Lport != 0)
                _bound.Add(e.Sock);
            events.Add(e);
            return;
        }
        _close = e;
        _isBound = _bound.Remove(e.Sock);
        _isCloseWaiting = true;
        _hasOverflown = false;
    }

    private bool IsOfWaitingClose(TraceRecord record) => _isCloseWaiting && SockOf(record) == _close.Sock;

    /// <summary>The tracker works the reason out again: so the event gets what leads there, see <see cref="CloseReasons.Of"/>.</summary>
    private void FillTotals(TraceRecord record)
    {
        _close.Cgroup = record.Cgroup;
        _close.Uid = record.Uid;
        if (record.BytesSent < 0 && record.CloseReason == CloseReason.Unknown)
            return;
        // Of one that found no port they are what Decode() has taken down.
        if (record.CloseReason != CloseReason.PortExhausted)
        {
            _close.BytesSent = (ulong)Math.Max(0, record.BytesSent);
            _close.BytesReceived = (ulong)Math.Max(0, record.BytesReceived);
        }
        _close.Retransmits = (uint)Math.Max(0, record.Retransmits);
        _close.SrttUs = (uint)Math.Max(0, record.SrttUs);
        (EventFlags flags, int error, int shutdown) = record.CloseReason switch
        {
            CloseReason.Closed => (EventFlags.FinReceived, 0, 3),
            CloseReason.ResetByPeer => (EventFlags.None, Errno.ECONNRESET, 0),
            CloseReason.ResetByUs => (EventFlags.None, Errno.ECONNABORTED, 0),
            CloseReason.Refused => (EventFlags.None, Errno.ECONNREFUSED, 0),
            CloseReason.TimedOut => (EventFlags.None, Errno.ETIMEDOUT, 0),
            CloseReason.Unreachable => (EventFlags.None, Errno.EHOSTUNREACH, 0),
            CloseReason.PortExhausted => (EventFlags.Held, 0, 0),
            CloseReason.ListenerClosed => (EventFlags.None, 0, 3),
            // In SYN_SENT without a shutdown connect() itself would have failed.
            CloseReason.Disconnected => (EventFlags.Held, 0, _close.OldState == TcpState.SynSent ? 3 : 0),
            // Of a connect() that had a port, see CloseReasons.IsConnectFailure().
            _ when _isBound && _close.OldState == TcpState.SynSent => (EventFlags.Held, 0, 0),
            _ => (EventFlags.None, NoKnownError, 0),
        };
        _close.Flags |= flags | EventFlags.Totals;
        _close.SkErr = (ushort)error;
        _close.Shutdown = (byte)shutdown;
    }

    /// <summary>Where a mini-socket stays behind, it is armed just before the CLOSE.</summary>
    private void Arm(TraceRecord record, List<TcpEvent> events)
    {
        bool leavesMini = record.CloseReason == CloseReason.Closed && _close.OldState is TcpState.FinWait2 or TcpState.Closing
            && !_hasOverflown;
        if (!leavesMini)
            return;
        bool isOrphan = orphans.Contains(record.Id);
        if (isOrphan)
            _close.Flags &= ~EventFlags.FinReceived;
        events.Add(_close with
        {
            Kind = EventKind.MiniArmed,
            Sock = _close.Sock | MiniBit,
            BytesSent = _close.Sock,
            NewState = isOrphan ? TcpState.FinWait2 : TcpState.TimeWait,
        });
    }

    private static void DecodeTimeWait(TraceRecord record, List<TcpEvent> events)
    {
        TcpEvent e = EventOf(record, record.Ended switch
        {
            MiniSocketEnding.Expired => EventKind.MiniExpired,
            MiniSocketEnding.Reused => EventKind.MiniReused,
            MiniSocketEnding.Reopened => EventKind.MiniReopened,
            MiniSocketEnding.Killed => EventKind.MiniKilled,
            _ => EventKind.MiniGone,
        });
        e.Sock |= MiniBit;
        bool cameToTimeWait = record.Began != long.MinValue;
        e.NewState = cameToTimeWait ? TcpState.TimeWait : TcpState.FinWait2;
        e.BytesSent = cameToTimeWait ? (ulong)record.Began : 0;
        events.Add(e);
    }

    private static TcpEvent EventOf(TraceRecord record, EventKind kind) => new()
    {
        Kind = kind,
        TimeNs = (ulong)record.Ts,
        Sock = SockOf(record),
        Cookie = record.Id,
        Laddr = record.Laddr,
        Raddr = record.Raddr,
        Lport = record.Lport,
        Rport = record.Rport,
        Family = record.Family,
        Netns = record.Netns,
        Pid = record.Pid,
        Comm = Comm.From(record.Comm),
        Flags = record.IdIsCookie ? EventFlags.None : EventFlags.OwnId,
    };

    private static ulong SockOf(TraceRecord record) => record.IdIsCookie ? record.Id : record.Id | OwnIdBit;
}

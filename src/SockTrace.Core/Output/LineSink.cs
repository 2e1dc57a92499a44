using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Output;

/// <summary>
/// One line a transition, for people, aligned for 120 columns:
/// time, owner, local and remote end, the state it is now in, and how it came to that.
/// </summary>
internal sealed class LineSink : ITraceSink
{
    private const int MaxLine = 512;
    private const int PidWidth = 7, CommWidth = 15, AddressWidth = 21, StateWidth = 11;

    private readonly OutputWriter _output;
    private readonly OutputQueue _queue;
    private readonly WallClock _clock;
    private readonly string _source;
    private readonly bool _alarm;
    private TimeOfDayFormat _times;

    /// <param name="output">Owned from here on.</param>
    /// <param name="clock">Of the events.</param>
    /// <param name="zone">In which times of day are shown.</param>
    /// <param name="source">Where the events come from: what a loss is said to be depends on it.</param>
    /// <param name="alarm">Whether a line may be coloured that must not be overlooked.</param>
    public LineSink(OutputWriter output, WallClock clock, TimeZoneInfo zone, string source = "bpf", bool alarm = false)
    {
        _source = source;
        _alarm = alarm;
        _times = new TimeOfDayFormat(zone);
        _output = output;
        _queue = output.Queue;
        _clock = clock;
        WriteHeading();
    }

    public void OnTransition(in Transition transition)
    {
        ConnectionView connection = transition.Connection;
        if (transition.New == TcpState.Close)
            return; // OnClosed follows, and says more.
        TextLine line = Begin();
        WriteStart(ref line, transition.TimeNs, connection);
        line.Column(TcpStates.Name(transition.New), StateWidth);
        if (transition.InOldNs >= 0)
        {
            line.Duration(transition.InOldNs);
            line.Text(" in "u8);
            line.Text(TcpStates.Name(transition.Old));
        }
        End(ref line);
    }

    public void OnClosed(in ClosedConnection closed)
    {
        ConnectionView connection = closed.Connection;
        TextLine line = Begin();
        WriteStart(ref line, closed.ClosedNs, connection);
        line.Column("CLOSE"u8, StateWidth);
        bool isPlain = closed.Reason is CloseReason.Closed or CloseReason.Unknown;
        if (!isPlain)
            line.Text(RecordNames.Of(closed.Reason));
        if (closed.LifetimeNs >= 0)
        {
            line.Text(isPlain ? "life "u8 : ", life "u8);
            line.Duration(closed.LifetimeNs);
        }
        if (closed.Totals is CloseTotals totals && connection.Role != Role.Listener && closed.Reason != CloseReason.Refused)
        {
            line.Text(closed.LifetimeNs >= 0 || !isPlain ? ", "u8 : default);
            line.Bytes(totals.BytesSent);
            line.Text("/"u8);
            line.Bytes(totals.BytesReceived);
        }
        End(ref line);
    }

    public void OnTimeWaitEnded(in EndedMiniSocket ended)
    {
        TextLine line = Begin();
        WriteTime(ref line, ended.EndedNs);
        WriteOwner(ref line, ended.OwnerFrom, ended.Pid, ended.Comm);
        line.EndPoint(ended.Laddr, ended.Lport, AddressWidth);
        line.EndPoint(ended.Raddr, ended.Rport, AddressWidth);
        bool wasTimeWait = ended.BeganNs != 0 || ended.Ending == MiniSocketEnding.Overflow;
        line.Column(wasTimeWait ? "TIME_WAIT"u8 : "FIN_WAIT2"u8, StateWidth);
        line.Text(ended.Ending switch
        {
            MiniSocketEnding.Expired => "expired"u8,
            MiniSocketEnding.Reused => "reused"u8,
            MiniSocketEnding.Reopened => "reopened by the peer"u8,
            MiniSocketEnding.Killed => "killed"u8,
            MiniSocketEnding.Overflow => "none: tcp_max_tw_buckets"u8,
            _ => "lost sight of"u8,
        });
        if (ended.DurationNs >= 0 || ended.FinWait2Ns >= 0)
        {
            line.Text(" after "u8);
            line.Duration(ended.DurationNs >= 0 ? ended.DurationNs : ended.FinWait2Ns);
        }
        End(ref line);
    }

    public void OnPortExhausted(in PortExhausted exhausted)
    {
        ConnectionView connection = exhausted.Connection;
        TextLine line = Begin();
        WriteTime(ref line, exhausted.TimeNs);
        if (_alarm)
            line.Text("\x1b[1;37;41m"u8);
        line.Text("*** NO PORT LEFT from "u8);
        line.Address(connection.Laddr);
        line.Text(" to "u8);
        line.EndPoint(connection.Raddr, connection.Rport, width: 0);
        line.Text("for "u8);
        WriteName(ref line, connection.Pid, connection.Comm);
        // What was there before may not have been told yet.
        if (exhausted.Pool > 0 && exhausted.Taken >= exhausted.Pool - 1)
        {
            line.Text(": "u8);
            line.Number(exhausted.Taken);
            line.Text(" of "u8);
            line.Number(exhausted.Pool);
            line.Text(" taken"u8);
        }
        if (_alarm)
            line.Text("\x1b[0m"u8);
        End(ref line);
    }

    /// <summary>Only what needs attention: pools that come near their end.</summary>
    public void OnStatistics(in Statistics statistics)
    {
        foreach (ref readonly PoolUse pool in statistics.Pools)
        {
            if (!pool.IsFilling)
                continue;
            TextLine line = Begin();
            WriteTime(ref line, statistics.TimeNs);
            line.Text("*** from "u8);
            line.Address(pool.Key.Laddr);
            line.Text(" to "u8);
            line.EndPoint(pool.Key.Raddr, pool.Key.Rport, width: 0);
            line.Number(pool.Taken);
            line.Text(" of "u8);
            line.Number(pool.Size);
            line.Text(" ports taken"u8);
            if (pool.Taken < pool.Size && !double.IsInfinity(pool.SecondsToEmpty))
            {
                line.Text(", all in "u8);
                line.Duration((long)(pool.SecondsToEmpty * 1e9));
            }
            if (pool.Pid != 0)
            {
                line.Text(", last by "u8);
                WriteName(ref line, pool.Pid, pool.Comm);
            }
            End(ref line);
        }
    }

    public void OnLost(in Loss loss)
    {
        TextLine line = Begin();
        WriteLoss(ref line, loss, isOwn: false);
        End(ref line);
    }

    public void OnEnd(in TraceTotals totals)
    {
        if (_queue.TakeLoss() is > 0 and long count)
        {
            byte[] last = new byte[MaxLine];
            var line = new TextLine(last);
            WriteLoss(ref line, new Loss(totals.EndNs, LossPlace.Queue, count, _queue.Dropped), isOwn: true);
            line.End();
            _queue.Add(last[..line.Length]);
        }
        _queue.Complete();
    }

    public void Flush(in TraceTotals soFar)
    {
        _output.ThrowIfItIsOver();
        if (_queue.HasLoss)
            TellLoss();
        _queue.HandOver();
    }

    public SinkLosses Losses => _output.Losses;

    public void Dispose() => _output.Dispose();

    private void WriteLoss(ref TextLine line, in Loss loss, bool isOwn)
    {
        WriteTime(ref line, loss.TimeNs);
        line.Text("*** "u8);
        line.Number(loss.Count);
        line.Text(loss.Place switch
        {
            LossPlace.Ring when _source == "proc" => " lines of /proc/net/tcp not understood: their sockets are not seen"u8,
            LossPlace.Ring when _source == "trace" => " events lost when this was recorded: the ring buffer was full"u8,
            LossPlace.Kernel when _source == "trace" => " events lost when this was recorded: the kernel did not run the program for them"u8,
            LossPlace.Queue when _source == "trace" && !isOwn => " records lost when this was recorded: the output could not keep up"u8,
            LossPlace.Table when _source == "trace" => " connections forgotten: a table was full, here (--max-connections) or where this was recorded"u8,
            LossPlace.Ring => " events lost: the ring buffer was full (--buffer makes it larger)"u8,
            LossPlace.Kernel => " events lost: the kernel did not run the program for them"u8,
            LossPlace.Queue => " records lost: the output could not keep up"u8,
            _ => " connections forgotten: the table was full (--max-connections makes it larger)"u8,
        });
    }

    private void WriteHeading()
    {
        TextLine line = Begin();
        line.Column("TIME"u8, "12:34:56.789".Length);
        line.Column("PID"u8, PidWidth, alignRight: true);
        line.Column("COMM"u8, CommWidth);
        line.Column("LOCAL"u8, AddressWidth);
        line.Column("REMOTE"u8, AddressWidth);
        line.Column("STATE"u8, StateWidth);
        line.Text("AFTER, OR LIFE SENT/RECVD"u8);
        End(ref line);
    }

    private void WriteStart(ref TextLine line, long timeNs, ConnectionView connection)
    {
        WriteTime(ref line, timeNs);
        WriteOwner(ref line, connection.OwnerFrom, connection.Pid, connection.Comm);
        line.EndPoint(connection.Laddr, connection.Lport, AddressWidth);
        if (connection.Rport == 0)
            line.Column("-"u8, AddressWidth);
        else
            line.EndPoint(connection.Raddr, connection.Rport, AddressWidth);
    }

    private static void WriteOwner(ref TextLine line, OwnerFrom from, uint pid, in Comm comm)
    {
        if (from == OwnerFrom.Unknown)
        {
            line.Column("-"u8, PidWidth, alignRight: true);
            line.Column("-"u8, CommWidth);
            return;
        }
        line.NumberColumn(pid, PidWidth);
        line.VisibleColumn(comm.Bytes, CommWidth);
    }

    private static void WriteName(ref TextLine line, uint pid, in Comm comm)
    {
        line.VisibleColumn(comm.Bytes, width: 0);
        line.Text("("u8);
        line.Number(pid);
        line.Text(")"u8);
    }

    private void WriteTime(ref TextLine line, long timeNs)
    {
        line.TimeOfDay(ref _times, _clock.ToUnixNs(timeNs));
    }

    private TextLine Begin()
    {
        if (_queue.HasLoss)
            TellLoss();
        return new TextLine(_queue.Reserve(MaxLine));
    }

    private void End(ref TextLine line)
    {
        line.End();
        _queue.Commit(line.Length);
    }

    /// <summary>Before what is newer than the loss, as soon as there is room.</summary>
    private void TellLoss()
    {
        if (!_queue.TryTakeLoss(out long count))
            return;
        TextLine line = Begin();
        WriteLoss(ref line, new Loss(WallClock.MonotonicNs, LossPlace.Queue, count, _queue.Dropped), isOwn: true);
        End(ref line);
    }
}

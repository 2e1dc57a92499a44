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

    private readonly OutputBuffer _output;
    private readonly WallClock _clock;
    private TimeOfDayFormat _times;

    /// <param name="file">Owned from here on.</param>
    /// <param name="clock">Of the events.</param>
    /// <param name="zone">In which times of day are shown.</param>
    public LineSink(OutputFile file, WallClock clock, TimeZoneInfo zone)
    {
        _times = new TimeOfDayFormat(zone);
        _output = new OutputBuffer(file);
        _clock = clock;
        WriteHeading();
    }

    public void OnTransition(in Transition transition)
    {
        ConnectionView connection = transition.Connection;
        if (transition.New == TcpState.Close)
            return; // OnClosed follows, and says more.
        var line = new TextLine(_output.Reserve(MaxLine));
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
        var line = new TextLine(_output.Reserve(MaxLine));
        WriteStart(ref line, closed.ClosedNs, connection);
        line.Column("CLOSE"u8, StateWidth);
        if (closed.LifetimeNs >= 0)
        {
            line.Text("life "u8);
            line.Duration(closed.LifetimeNs);
        }
        if (closed.Totals is CloseTotals totals && connection.Role != Role.Listener)
        {
            line.Text(closed.LifetimeNs >= 0 ? ", "u8 : default);
            line.Bytes(totals.BytesSent);
            line.Text("/"u8);
            line.Bytes(totals.BytesReceived);
        }
        End(ref line);
    }

    public void OnTimeWaitEnded(in EndedMiniSocket ended)
    {
        var line = new TextLine(_output.Reserve(MaxLine));
        WriteTime(ref line, ended.EndedNs);
        line.Column("-"u8, PidWidth, alignRight: true);
        line.Column("-"u8, CommWidth);
        line.EndPoint(ended.Laddr, ended.Lport, AddressWidth);
        line.EndPoint(ended.Raddr, ended.Rport, AddressWidth);
        line.Column("TIME_WAIT"u8, StateWidth);
        line.Text(ended.Ending == MiniSocketEnding.Expired ? "expired after "u8 : "gone after "u8);
        line.Duration(ended.DurationNs);
        End(ref line);
    }

    public void OnLost(in Loss loss)
    {
        var line = new TextLine(_output.Reserve(MaxLine));
        WriteTime(ref line, loss.TimeNs);
        line.Text("*** "u8);
        line.Number(loss.Count);
        line.Text(loss.Place switch
        {
            LossPlace.Ring => " events lost: the ring buffer was full (--buffer makes it larger)"u8,
            LossPlace.Kernel => " events lost: the kernel did not run the program for them"u8,
            LossPlace.Queue => " records lost: the output could not keep up"u8,
            _ => " connections forgotten: the table was full (--max-connections makes it larger)"u8,
        });
        End(ref line);
    }

    public void OnEnd(in TraceTotals totals) => Flush();

    public void Flush() => _output.Flush();

    public void Dispose() => _output.Dispose();

    private void WriteHeading()
    {
        var line = new TextLine(_output.Reserve(MaxLine));
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
        if (connection.OwnerFrom == OwnerFrom.Unknown)
        {
            line.Column("-"u8, PidWidth, alignRight: true);
            line.Column("-"u8, CommWidth);
        }
        else
        {
            line.NumberColumn(connection.Pid, PidWidth);
            line.VisibleColumn(connection.Comm.Bytes, CommWidth);
        }
        line.EndPoint(connection.Laddr, connection.Lport, AddressWidth);
        if (connection.Rport == 0)
            line.Column("-"u8, AddressWidth);
        else
            line.EndPoint(connection.Raddr, connection.Rport, AddressWidth);
    }

    private void WriteTime(ref TextLine line, long timeNs)
    {
        line.TimeOfDay(ref _times, _clock.ToUnixNs(timeNs));
    }

    private void End(ref TextLine line)
    {
        line.End();
        _output.Commit(line.Length);
    }
}

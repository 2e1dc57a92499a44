using SockTrace.Events;
using SockTrace.Pipeline;
using SockTrace.Tests.Support;
using SockTrace.Tracking;
using static SockTrace.Events.TcpState;

namespace SockTrace.Tests.Tracking;

/// <summary>Mini-sockets that the CLOSE itself tells of, as where timers are looked at.</summary>
public sealed class LeftMiniTests
{
    private readonly RecordingSink _sink = new();
    private readonly ConnectionTracker _tracker;

    public LeftMiniTests() => _tracker = new ConnectionTracker(
        new TrackerOptions { MaxConnections = 100, MaxPorts = 100, TimeWait = TimeWaitSight.Timers }, [_sink]);

    [Fact]
    public void ItBeginsWithTheClose()
    {
        Apply(Closing().FromClient(200, FinWait2, Close, flags: EventFlags.FinReceived, leaves: TimeWait)
            .Mini(260, EventKind.MiniExpired, TimeWait, parentOrArmedNs: 199));
        Assert.Equal(["-1+60 Expired"], TimeWaits());
    }

    [Fact]
    public void AnOrphansStandsInFinWait2UntilItsEndTellsSinceWhenItDidNot()
    {
        Apply(Closing().FromClient(200, FinWait2, Close, leaves: FinWait2).Mini(270, EventKind.MiniExpired, TimeWait, parentOrArmedNs: 210));
        Assert.Equal(["10+60 Expired"], TimeWaits());
        Assert.Equal([(CloseReason.Closed, ClosedBy.Local)], _sink.Reasons);
    }

    [Fact]
    public void WhereNoneIsFoundThereWasNoRoom()
    {
        Apply(Closing().FromClient(200, FinWait2, Close, flags: EventFlags.FinReceived));
        Assert.Equal(["-1+-1 Overflow"], TimeWaits());
    }

    [Fact]
    public void WhereTheChainWasTooLongNothingIsClaimed()
    {
        Apply(Closing().Add(EventSequence.Transition(200, EventSequence.Client, 11, FinWait2, Close, 0, 40000, 3306, EventFlags.FinReceived) with
        {
            Comm = new LeftMini(0, (TcpState)0xFF).ToComm(),
        }));
        Assert.Empty(TimeWaits());
        Assert.Equal([(CloseReason.Closed, ClosedBy.Local)], _sink.Reasons);
    }

    [Fact]
    public void OneThatAnotherCpuHasEndedBeforeTheCloseIsNoOverflow()
    {
        Apply(Closing().Mini(199, EventKind.MiniKilled, TimeWait, parentOrArmedNs: 198)
            .FromClient(200, FinWait2, Close, flags: EventFlags.FinReceived));
        Assert.Equal(["-1+1 Killed"], TimeWaits());
    }

    [Fact]
    public void OneThatASnapshotHasFoundBeforeTheCloseIsThatOne()
    {
        Apply(Closing().Mini(199, EventKind.SeenMini, TimeWait, parentOrArmedNs: 198)
            .FromClient(200, FinWait2, Close, flags: EventFlags.FinReceived, leaves: TimeWait)
            .Mini(260, EventKind.MiniExpired, TimeWait, parentOrArmedNs: 199));
        Assert.Equal(["-1+60 Expired"], TimeWaits());
        Assert.Equal(0, _tracker.Unmatched);
        Assert.Equal(0, _tracker.PortsTaken);
    }

    private static EventSequence Closing() => new EventSequence()
        .FromClient(100, Close, SynSent, pid: 7, lport: 0)
        .FromClient(110, SynSent, Established)
        .FromClient(120, Established, FinWait1)
        .FromClient(130, FinWait1, FinWait2);

    private void Apply(EventSequence sequence)
    {
        foreach (TcpEvent e in sequence.Events.ToArray())
        {
            var batch = new EventBatch();
            long malformed = 0;
            batch.Append([e], ref malformed);
            _tracker.Apply(batch);
        }
    }

    private string[] TimeWaits() =>
        [.. _sink.Lines.Where(line => line.StartsWith("TIME_WAIT", StringComparison.Ordinal)).Select(line => string.Join(' ', line.Split(' ')[3..]))];
}

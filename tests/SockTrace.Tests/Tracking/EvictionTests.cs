using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Tests.Support;
using SockTrace.Tracking;
using static SockTrace.Events.TcpState;

namespace SockTrace.Tests.Tracking;

/// <summary>Who gives way in a full table, what it gives back, and who gives way to nobody.</summary>
public sealed class EvictionTests
{
    private readonly RecordingSink _sink = new();
    private readonly ConnectionTracker _tracker;

    public EvictionTests() => _tracker = new ConnectionTracker(
        new TrackerOptions { MaxConnections = 2, TimeWait = TimeWaitSight.Timers, Ranges = _ => new PortRange(40000, 40999, []) }, [_sink]);

    [Fact]
    public void AConnectionGivesBackItsPort()
    {
        for (ulong sock = 1; sock <= 9; sock++)
        {
            Apply(EventSequence.Transition(100, sock * 64, sock, Close, SynSent, 7, 0, 3306));
            Apply(EventSequence.Transition(101, sock * 64, sock, SynSent, Established, 0, (ushort)(40000 + sock), 3306));
        }
        Assert.Equal((2, 2, 7L), (_tracker.PortsTaken, _tracker.PortsHeld, _tracker.Evicted));
    }

    [Fact]
    public void AMiniSocketDoesToo()
    {
        for (ulong sock = 1; sock <= 9; sock++)
            Apply(Mini(100, sock, EventKind.SeenMini));
        Assert.Equal((2, 7L), (_tracker.PortsTaken, _tracker.Evicted));
    }

    [Fact]
    public void ToWhatEndsAtOnceNobodyGivesWay()
    {
        foreach (ulong sock in (ulong[])[1, 2])
        {
            Apply(Mini(100, sock, EventKind.SeenMini));
            Apply(EventSequence.Transition(100, sock * 64, sock, Close, SynSent, 7, 0, 3306));
        }
        Apply(Mini(101, 3, EventKind.MiniExpired));
        Apply(EventSequence.Transition(101, 3 * 64, 3, FinWait1, Close, 7, 40003, 3306));

        Assert.Equal(((2, 2), 0L), (_tracker.Followed, _tracker.Evicted));
        Assert.Equal(["TIME_WAIT 127.0.0.1:40003 127.0.0.2:3306 -1+1 Expired"], Lines("TIME_WAIT"));
        Assert.Single(Lines("Unknown"));
    }

    [Fact]
    public void NorToOneThatTheKernelHadNoRoomFor()
    {
        Apply(Mini(100, 1, EventKind.SeenMini));
        Apply(Mini(100, 2, EventKind.SeenMini));
        Apply(EventSequence.Transition(100, 64, 3, FinWait1, FinWait2, 7, 40003, 3306));
        Apply(EventSequence.Transition(101, 64, 3, FinWait2, Close, 0, 40003, 3306, EventFlags.FinReceived));

        Assert.Equal(((0, 2), 0L), (_tracker.Followed, _tracker.Evicted));
        Assert.Equal(["TIME_WAIT 127.0.0.1:40003 127.0.0.2:3306 -1+-1 Overflow"], Lines("TIME_WAIT"));
    }

    private static TcpEvent Mini(long timeNs, ulong cookie, EventKind kind) =>
        EventSequence.Transition(timeNs, 0x10000 + cookie, cookie, TcpState.Unknown, TimeWait, 0, (ushort)(40000 + cookie), 3306) with
        {
            Kind = kind,
            BytesSent = 100,
        };

    private void Apply(TcpEvent e)
    {
        var batch = new EventBatch();
        long malformed = 0;
        batch.Append([e], ref malformed);
        _tracker.Apply(batch);
        Assert.Equal(0, malformed);
    }

    private IEnumerable<string> Lines(string start) => _sink.Lines.Where(line => line.StartsWith(start, StringComparison.Ordinal));
}

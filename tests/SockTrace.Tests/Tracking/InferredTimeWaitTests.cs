using SockTrace.Events;
using SockTrace.Pipeline;
using SockTrace.Tests.Support;
using SockTrace.Tracking;
using static SockTrace.Events.TcpState;

namespace SockTrace.Tests.Tracking;

/// <summary>What becomes of mini-sockets that nobody tells of, but that a snapshot shows now and then.</summary>
public sealed class InferredTimeWaitTests
{
    private const long Second = 1_000_000_000;

    /// <summary>At which the client's connection reaches CLOSE.</summary>
    private const long Closed = 100 * Second;

    private readonly RecordingSink _sink = new();
    private readonly ConnectionTracker _tracker;

    public InferredTimeWaitTests() => _tracker = new ConnectionTracker(
        new TrackerOptions { MaxConnections = 100, MaxPorts = 100, TimeWait = TimeWaitSight.Inferred }, [_sink]);

    [Fact]
    public void WithBothFinsItLastsAMinute()
    {
        Apply(ClosedWith(EventFlags.FinReceived));
        Apply(Snapshot(Closed + Second, (TimeWait, Closed)));
        Apply(Snapshot(Closed + (59 * Second), (TimeWait, Closed)));
        Assert.Empty(TimeWaits());
        _tracker.Tick(Closed + (60 * Second), Second);

        Assert.Equal([$"-1+{60 * Second} Expired inferred"], TimeWaits());
    }

    [Fact]
    public void ALateTimerDoesNotMakeItASecondOne()
    {
        Apply(ClosedWith(EventFlags.FinReceived));
        _tracker.Tick(Closed + (60 * Second), Second);
        Apply(Snapshot(Closed + (61 * Second), (TimeWait, Closed)));

        Assert.Single(TimeWaits());
        Assert.Equal(0, _tracker.Followed.MiniSockets);
    }

    [Fact]
    public void AnOrphansTimeWaitBeginsWhenItsTimerWasSetAnew()
    {
        Apply(ClosedWith(EventFlags.None));
        Apply(Snapshot(Closed + Second, (FinWait2, Closed - (50 * Second))));
        Apply(Snapshot(Closed + (5 * Second), (TimeWait, Closed + (3 * Second))));
        _tracker.Tick(Closed + (63 * Second), Second);

        Assert.Equal([$"{3 * Second}+{60 * Second} Expired inferred"], TimeWaits());
    }

    [Fact]
    public void AnOrphanThatIsGoneAfterItsTimeHasExpired()
    {
        Apply(ClosedWith(EventFlags.None));
        Apply(Snapshot(Closed + Second, (FinWait2, Closed - (50 * Second))));
        Apply(Snapshot(Closed + (11 * Second)));
        Apply(Snapshot(Closed + (13 * Second)));

        Assert.Equal([$"{10 * Second}+-1 Expired inferred"], TimeWaits());
    }

    [Fact]
    public void WhatIsGoneBeforeItsTimeWasKilled()
    {
        Apply(ClosedWith(EventFlags.FinReceived));
        Apply(Snapshot(Closed + Second, (TimeWait, Closed)));
        Apply(Snapshot(Closed + (3 * Second)));
        Assert.Empty(TimeWaits());
        Apply(Snapshot(Closed + (5 * Second)));

        Assert.Equal([$"-1+{3 * Second} Killed inferred"], TimeWaits());
    }

    [Fact]
    public void WhatOneSnapshotHasSkippedIsStillThere()
    {
        Apply(ClosedWith(EventFlags.FinReceived));
        Apply(Snapshot(Closed + Second, (TimeWait, Closed)));
        Apply(Snapshot(Closed + (3 * Second)));
        Apply(Snapshot(Closed + (5 * Second), (TimeWait, Closed)));
        Apply(Snapshot(Closed + (7 * Second)));
        Apply(Snapshot(Closed + (9 * Second), (TimeWait, Closed)));
        Assert.Empty(TimeWaits());
    }

    [Fact]
    public void WhatWasThereBeforeAndHasNoCookieIsOneForAllSnapshots()
    {
        for (long now = Closed + Second; now < Closed + (11 * Second); now += 2 * Second)
        {
            Apply(new EventSequence()
                .Mini(now, EventKind.SeenMini, TimeWait, (ulong)Closed, cookie: 0)
                .Mini(now, EventKind.SnapshotEnd, TcpState.Unknown, (ulong)now));
        }
        Assert.Empty(TimeWaits());
        Assert.Equal(1, _tracker.Followed.MiniSockets);
        Assert.Equal(1, _tracker.PortsTaken);
        _tracker.Tick(Closed + (60 * Second), Second);

        Assert.Equal([$"-1+{60 * Second} Expired inferred"], TimeWaits());
    }

    [Fact]
    public void WhatNoSnapshotEverShowedIsLost()
    {
        Apply(ClosedWith(EventFlags.FinReceived));
        Apply(Snapshot(Closed + Second));
        Apply(Snapshot(Closed + (3 * Second)));

        Assert.Equal([$"-1+{Second} Lost inferred"], TimeWaits());
        Assert.Equal(0, _tracker.Unmatched);
    }

    [Fact]
    public void AConnectOnItsFourTupleTakesItOver()
    {
        Apply(ClosedWith(EventFlags.FinReceived));
        Apply(new EventSequence()
            .FromClient(Closed + (2 * Second), Close, SynSent, pid: 7, lport: 0)
            .FromClient(Closed + (2 * Second) + 1, SynSent, Established));

        Assert.Equal([$"-1+{2 * Second} Reused inferred"], TimeWaits());
    }

    [Fact]
    public void ABoundConnectThatFailedForItLeavesItAlone()
    {
        Apply(ClosedWith(EventFlags.FinReceived));
        Apply(new EventSequence()
            .FromClient(Closed + (2 * Second), Close, SynSent, pid: 7)
            .FromClient(Closed + (2 * Second) + 1, SynSent, Close, flags: EventFlags.Held));

        Assert.Empty(TimeWaits());
        Assert.Equal(1, _tracker.Followed.MiniSockets);
    }

    private static EventSequence ClosedWith(EventFlags flags) => new EventSequence()
        .FromClient(Closed - 4, Close, SynSent, pid: 7, lport: 0)
        .FromClient(Closed - 3, SynSent, Established)
        .FromClient(Closed - 2, Established, FinWait1, pid: 7)
        .FromClient(Closed - 1, FinWait1, FinWait2)
        .FromClient(Closed, FinWait2, Close, flags: flags);

    /// <summary>One that shows these mini-sockets of the client, each with the time its timer was set at.</summary>
    private static EventSequence Snapshot(long timeNs, params (TcpState State, long ArmedNs)[] minis)
    {
        var sequence = new EventSequence();
        foreach ((TcpState state, long armedNs) in minis)
            sequence.Mini(timeNs, EventKind.SeenMini, state, (ulong)armedNs);
        return sequence.Mini(timeNs, EventKind.SnapshotEnd, TcpState.Unknown, (ulong)timeNs);
    }

    private void Apply(EventSequence sequence)
    {
        var batch = new EventBatch();
        ReadOnlySpan<TcpEvent> events = sequence.Events;
        long malformed = 0;
        while (!events.IsEmpty)
        {
            batch.Clear();
            events = events[batch.Append(events, ref malformed)..];
            _tracker.Apply(batch);
        }
        Assert.Equal(0, malformed);
    }

    private IEnumerable<string> TimeWaits() => _sink.Lines
        .Where(line => line.StartsWith("TIME_WAIT", StringComparison.Ordinal)).Select(line => line.Split(' ', 4)[3]);
}

using SockTrace.Events;
using SockTrace.Pipeline;
using SockTrace.Tests.Support;
using SockTrace.Tracking;
using static SockTrace.Events.TcpState;

namespace SockTrace.Tests.Tracking;

/// <summary>Mini-sockets whose life is told, save for what no hook sees.</summary>
public sealed class MeasuredTimeWaitTests
{
    private const long Second = 1_000_000_000, Armed = 100 * Second;

    private readonly RecordingSink _sink = new();
    private readonly ConnectionTracker _tracker;

    public MeasuredTimeWaitTests() => _tracker = new ConnectionTracker(
        new TrackerOptions { MaxConnections = 100, MaxPorts = 100, TimeWait = TimeWaitSight.Functions }, [_sink]);

    [Theory]
    [InlineData(TimeWait, 75)]
    [InlineData(FinWait2, 135)]
    internal void WhatIsOverdueIsNotLostUntilASnapshotDeniesIt(TcpState state, int overdueSeconds)
    {
        Apply(new EventSequence().Mini(Armed, EventKind.MiniArmed, state));
        long overdue = Armed + (overdueSeconds * Second);
        Assert.False(WantsSnapshotAt(overdue - Second));
        Assert.True(WantsSnapshotAt(overdue));
        Assert.False(WantsSnapshotAt(overdue + Second)); // once is enough
        Assert.False(WantsSnapshotAt(overdue + (100 * Second)));
        Assert.Empty(_sink.Lines);

        Apply(Snapshot(overdue + (101 * Second)));
        Assert.EndsWith("Lost", Assert.Single(_sink.Lines), StringComparison.Ordinal);
        Assert.Equal(1, _tracker.Unmatched);
    }

    [Fact]
    public void ATimeWaitThatASegmentOutOfPlaceHasSetAnewGoesOn()
    {
        Apply(new EventSequence().Mini(Armed, EventKind.MiniArmed, TimeWait));
        Assert.True(WantsSnapshotAt(Armed + (80 * Second)));
        Apply(Snapshot(Armed + (81 * Second), (TimeWait, Armed + (50 * Second))));
        Assert.False(WantsSnapshotAt(Armed + (124 * Second)));
        Assert.True(WantsSnapshotAt(Armed + (125 * Second)));
        Apply(new EventSequence().Mini(Armed + (125 * Second), EventKind.MiniExpired, TimeWait));

        Assert.Equal([$"-1+{125 * Second} Expired"], TimeWaits());
    }

    [Fact]
    public void AnOrphanOfALongFinTimeoutGoesOn()
    {
        // tcp_fin_timeout = 600: a minute less is the mini-socket's.
        Apply(new EventSequence().Mini(Armed, EventKind.MiniArmed, FinWait2));
        Assert.True(WantsSnapshotAt(Armed + (135 * Second)));
        Apply(Snapshot(Armed + (136 * Second), (FinWait2, Armed + (480 * Second))));
        Assert.False(WantsSnapshotAt(Armed + (539 * Second)));
        Apply(new EventSequence().Mini(Armed + (540 * Second), EventKind.MiniExpired, FinWait2));

        Assert.Equal([$"{540 * Second}+-1 Expired"], TimeWaits());
    }

    [Fact]
    public void WhenItsFinCameUnseenASnapshotTellsSinceWhenItIsInTimeWait()
    {
        Apply(new EventSequence().Mini(Armed, EventKind.MiniArmed, FinWait2));
        Apply(Snapshot(Armed + (2 * Second), (FinWait2, Armed + (480 * Second))));
        Apply(Snapshot(Armed + (9 * Second), (TimeWait, Armed + (5 * Second))));
        Assert.False(WantsSnapshotAt(Armed + (79 * Second)));
        Assert.True(WantsSnapshotAt(Armed + (80 * Second)));
        Apply(new EventSequence().Mini(Armed + (81 * Second), EventKind.MiniExpired, TimeWait));

        Assert.Equal([$"{5 * Second}+{76 * Second} Expired"], TimeWaits());
    }

    [Fact]
    public void AnOrphanThatWasSeenAndIsGoneIsLost()
    {
        Apply(new EventSequence().Mini(Armed, EventKind.MiniArmed, FinWait2));
        Apply(Snapshot(Armed + (2 * Second), (FinWait2, Armed + (480 * Second))));
        Apply(Snapshot(Armed + (4 * Second)));

        Assert.Equal([$"{4 * Second}+-1 Lost"], TimeWaits());
    }

    [Fact]
    public void WhatNoSnapshotSpeaksOfIsGivenUpAfterTenMinutes()
    {
        Apply(new EventSequence().Mini(Armed, EventKind.MiniArmed, TimeWait));
        _tracker.Tick(Armed + (599 * Second), Second);
        Assert.Empty(_sink.Lines);
        _tracker.Tick(Armed + (600 * Second), Second);
        Assert.Equal([$"-1+{600 * Second} Lost"], TimeWaits());
    }

    [Fact]
    public void NotMoreThanTwiceAMinuteASnapshotIsAskedFor()
    {
        var sequence = new EventSequence();
        for (ulong i = 0; i < 60; i++)
        {
            sequence.Add(EventSequence.Transition(Armed + ((long)i * Second), 0x4000 + i, 100 + i, TcpState.Unknown, TimeWait, 0, (ushort)(40000 + i), 3306) with
            {
                Kind = EventKind.MiniArmed,
            });
        }
        Apply(sequence);
        Assert.Equal([75, 105, 135], Enumerable.Range(0, 200).Where(second => WantsSnapshotAt(Armed + (second * Second))));
    }

    [Fact]
    public void WhatWentUnseenWasTakenOverByTheConnectThatThenHasItsFourTuple()
    {
        Apply(ClosedClient());
        Apply(new EventSequence()
            .FromClient(Armed + Second, Close, SynSent, pid: 7, lport: 0)
            .Mini(Armed + Second + 1, EventKind.MiniGone, TimeWait));
        Assert.Empty(TimeWaits());
        Apply(new EventSequence().FromClient(Armed + (2 * Second), SynSent, Close));

        Assert.Equal([$"-1+{Second + 1} Reused inferred"], TimeWaits());
        Assert.Equal([PortReuse.None, PortReuse.InTimeWait], _sink.Reuses);
        Assert.Equal((0L, 0), (_tracker.Unmatched, _tracker.PortsTaken));
    }

    [Fact]
    public void ButNotByOneThatBeganLater()
    {
        Apply(ClosedClient());
        Apply(new EventSequence()
            .Mini(Armed + Second, EventKind.MiniGone, TimeWait)
            .FromClient(Armed + Second + 1, Close, SynSent, pid: 7, lport: 0)
            .FromClient(Armed + Second + 2, SynSent, Close));

        Assert.Equal([$"-1+{Second} Lost"], TimeWaits());
        Assert.Equal([PortReuse.None, PortReuse.AfterTimeWait], _sink.Reuses);
        Assert.Equal(1, _tracker.Unmatched);
    }

    [Fact]
    public void OrByTheSynOfTheOneThatIsAcceptedThen()
    {
        Apply(new EventSequence()
            .Add(OfServer(Armed, FinWait2, Close))
            .Add(OfServer(Armed, TcpState.Unknown, TimeWait) with { Kind = EventKind.SeenMini, Sock = EventSequence.MiniSocket, BytesSent = (ulong)Armed })
            .Add(OfServer(Armed + Second, TcpState.Unknown, TimeWait) with { Kind = EventKind.MiniGone, Sock = EventSequence.MiniSocket })
            .Add(OfServer(Armed + Second + 1, Listen, SynRecv))
            .Add(OfServer(Armed + Second + 2, SynRecv, Established)));

        Assert.Equal([$"-1+{Second} Reopened inferred"], TimeWaits());
    }

    [Fact]
    public void WhenNobodyComesItIsLost()
    {
        Apply(new EventSequence().Mini(Armed, EventKind.MiniArmed, TimeWait).Mini(Armed + Second, EventKind.MiniGone, TimeWait));
        _tracker.Tick(Armed + (5 * Second), Second);
        Assert.Empty(_sink.Lines);
        _tracker.Tick(Armed + (6 * Second), Second);
        Assert.Equal([$"-1+{Second} Lost"], TimeWaits());
    }

    [Fact]
    public void AndAtTheEnd()
    {
        Apply(new EventSequence().Mini(Armed, EventKind.MiniArmed, TimeWait).Mini(Armed + Second, EventKind.MiniGone, TimeWait));
        _tracker.Finish();
        Assert.Equal([$"-1+{Second} Lost"], TimeWaits());
    }

    [Fact]
    public void OneOfWhoseCloseNothingToldMakesASnapshotLookForItsConnection()
    {
        Apply(new EventSequence()
            .FromClient(Armed - 4, Close, SynSent, pid: 7, lport: 0)
            .FromClient(Armed - 3, SynSent, Established)
            .FromClient(Armed - 2, Established, FinWait1, pid: 7));
        Assert.False(WantsSnapshotAt(Armed + (59 * Second)));
        Apply(new EventSequence().Mini(Armed + (60 * Second), EventKind.MiniExpired, TimeWait, (ulong)Armed));
        Assert.True(WantsSnapshotAt(Armed + (61 * Second)));
        Apply(Snapshot(Armed + (62 * Second)));
        Assert.False(WantsSnapshotAt(Armed + (100 * Second)));

        Assert.Equal((0, 0), _tracker.Followed);
        Assert.Equal(0, _tracker.PortsTaken);
        Assert.Equal(1, _tracker.Unmatched);
    }

    [Fact]
    public void OneThatEndsBeforeItsCloseIsToldDoesNot()
    {
        Apply(new EventSequence()
            .Mini(Armed, EventKind.MiniReused, TimeWait, (ulong)(Armed - (Second / 100)))
            .FromClient(Armed + 1, FinWait2, Close));
        Assert.False(WantsSnapshotAt(Armed + Second));
    }

    private static EventSequence ClosedClient() => new EventSequence()
        .FromClient(Armed - 4, Close, SynSent, pid: 7, lport: 0)
        .FromClient(Armed - 3, SynSent, Established)
        .FromClient(Armed - 2, Established, FinWait1, pid: 7)
        .FromClient(Armed - 1, FinWait1, FinWait2)
        .Mini(Armed, EventKind.MiniArmed, TimeWait, EventSequence.Client)
        .FromClient(Armed, FinWait2, Close);

    private static TcpEvent OfServer(long timeNs, TcpState old, TcpState @new) =>
        EventSequence.Transition(timeNs, EventSequence.Server, 11, old, @new, 0, 3306, 40000);

    private bool WantsSnapshotAt(long timeNs)
    {
        _tracker.Tick(timeNs, Second);
        return _tracker.WantsSnapshot;
    }

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

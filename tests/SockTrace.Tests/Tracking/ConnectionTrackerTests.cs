using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Pipeline;
using SockTrace.Tests.Support;
using SockTrace.Tracking;
using static SockTrace.Events.TcpState;

namespace SockTrace.Tests.Tracking;

public sealed class ConnectionTrackerTests
{
    private readonly RecordingSink _sink = new();

    [Fact]
    public void AClientsLifeIsToldWithEveryDwellTime()
    {
        Track(new EventSequence()
            .FromClient(100, Close, SynSent, pid: 7, lport: 0)
            .FromClient(130, SynSent, Established)
            .FromClient(180, Established, FinWait1, pid: 7)
            .FromClient(190, FinWait1, FinWait2)
            .FromClient(191, FinWait2, Close));

        Assert.Equal(
        [
            "CLOSE>SYN_SENT -1 7/Connect",
            "SYN_SENT>ESTABLISHED 30 7/Connect",
            "ESTABLISHED>FIN_WAIT1 50 7/Connect",
            "FIN_WAIT1>FIN_WAIT2 10 7/Connect",
            "FIN_WAIT2>CLOSE 1 7/Connect",
            "Client 127.0.0.1:40000 127.0.0.2:3306 life=91 connect=30"
                + " SYN_SENT=30 ESTABLISHED=50 FIN_WAIT1=10 FIN_WAIT2=1 7/Connect",
        ], _sink.Lines);
    }

    [Fact]
    public void AServersOwnerIsTheOneWhoClosedIt()
    {
        Track(new EventSequence()
            .FromServer(100, Listen, SynRecv)
            .FromServer(101, SynRecv, Established)
            .FromServer(200, Established, CloseWait)
            .FromServer(300, CloseWait, LastAck, pid: 9)
            .FromServer(310, LastAck, Close));

        Assert.Equal("SYN_RECV>ESTABLISHED 1 -", _sink.Lines[1]);
        Assert.Equal("Server 127.0.0.1:3306 127.0.0.2:40000 life=210 connect=0"
            + " SYN_RECV=1 ESTABLISHED=99 CLOSE_WAIT=100 LAST_ACK=10 9/Close", _sink.Lines[^1]);
    }

    [Fact]
    public void ATupleThatIsNotSetYetInTheFirstTransitionIsFilledIn()
    {
        Track(new EventSequence()
            .Add(EventSequence.Transition(100, EventSequence.Server, 0, Listen, SynRecv, 0, 3306, 0) with { Laddr = IpAddress.FromIPv4(0) })
            .FromServer(101, SynRecv, Established)
            .FromServer(200, Established, Close, pid: 9));

        Assert.StartsWith("Server 127.0.0.1:3306 127.0.0.2:40000 life=100", _sink.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void AConnectionSeenFirstInMidLifeHasNoBeginAndNoRole()
    {
        ConnectionTracker tracker = Track(new EventSequence()
            .FromClient(100, Established, FinWait1, pid: 7)
            .FromClient(110, FinWait1, FinWait2)
            .FromClient(120, FinWait2, Close));

        Assert.Equal("ESTABLISHED>FIN_WAIT1 -1 7/Close", _sink.Lines[0]);
        Assert.Equal("Unknown 127.0.0.1:40000 127.0.0.2:3306 life=-1 connect=0 FIN_WAIT1=10 FIN_WAIT2=10 7/Close", _sink.Lines[^1]);
        Assert.Equal(1, tracker.Unmatched);
    }

    [Fact]
    public void ATransitionThatWasLostLeavesAGapAndNoGuess()
    {
        Track(new EventSequence()
            .FromClient(100, Close, SynSent, pid: 7)
            .FromClient(180, Established, FinWait1, pid: 7)
            .FromClient(200, FinWait1, Close));

        Assert.Equal("ESTABLISHED>FIN_WAIT1 -1 7/Connect", _sink.Lines[1]);
        Assert.Equal("Client 127.0.0.1:40000 127.0.0.2:3306 life=100 connect=0 FIN_WAIT1=20 7/Connect", _sink.Lines[^1]);
    }

    [Fact]
    public void AnAddressThatLivesAgainAfterALostCloseIsAnotherConnection()
    {
        ConnectionTracker tracker = Track(new EventSequence()
            .FromClient(100, Close, SynSent, pid: 7)
            .FromClient(110, SynSent, Established)
            .Add(EventSequence.Transition(500, EventSequence.Client, 33, Close, SynSent, 8, 0, 3306))
            .Add(EventSequence.Transition(510, EventSequence.Client, 33, SynSent, Close, 0, 40001, 3306)));

        Assert.Equal("Client 127.0.0.1:40001 127.0.0.2:3306 life=10 connect=0 SYN_SENT=10 8/Connect", _sink.Lines[^1]);
        Assert.Equal(1, tracker.Unmatched);
    }

    [Fact]
    public void AnotherCookieAtTheSameAddressIsAnotherConnection()
    {
        ConnectionTracker tracker = Track(new EventSequence()
            .FromClient(100, Close, SynSent, pid: 7)
            .FromClient(110, SynSent, Established)
            .Add(EventSequence.Transition(500, EventSequence.Client, 33, Established, CloseWait, 0, 40001, 3306)));

        Assert.Equal("ESTABLISHED>CLOSE_WAIT -1 -", _sink.Lines[^1]);
        Assert.Equal(1, tracker.Unmatched);
    }

    [Fact]
    public void ATransitionThatComesTwiceCountsOnce()
    {
        ConnectionTracker tracker = Track(new EventSequence()
            .FromClient(100, Close, SynSent, pid: 7)
            .FromClient(101, Close, SynSent, pid: 7, flags: EventFlags.Rescued)
            .FromClient(110, SynSent, Established)
            .FromClient(111, SynSent, Established, flags: EventFlags.Rescued)
            .FromClient(120, Established, Close, pid: 7)
            .FromClient(121, Established, Close, pid: 7, flags: EventFlags.Rescued));

        Assert.Equal(4, _sink.Lines.Count);
        Assert.Equal(3, tracker.Repeats);
        Assert.Equal(3, tracker.Events);
        Assert.Equal(0, tracker.Unmatched);
    }

    [Fact]
    public void WithoutCookiesItDoesToo()
    {
        ConnectionTracker tracker = Track(new EventSequence()
            .Add(EventSequence.Transition(100, 64, 0, Close, SynSent, 7, 0, 3306))
            .Add(EventSequence.Transition(101, 64, 0, Close, SynSent, 7, 0, 3306, EventFlags.Rescued))
            .Add(EventSequence.Transition(110, 64, 0, SynSent, Established, 0, 40000, 3306))
            .Add(EventSequence.Transition(111, 64, 0, SynSent, Established, 0, 40000, 3306, EventFlags.Rescued)));

        Assert.Equal((2L, 2L, 0L), (tracker.Repeats, tracker.Events, tracker.Unmatched));
    }

    [Fact]
    public void AnOwnerThatASnapshotFoundIsOfTheSocketThatItFound()
    {
        TcpEvent seen = EventSequence.Transition(100, 64, 0, TcpState.Unknown, Established, 0, 40000, 3306) with { Kind = EventKind.Seen };
        TcpEvent owned = seen with
        {
            Kind = EventKind.Owned,
            Pid = 7,
            Flags = EventFlags.Owner | EventFlags.OwnerFromSnapshot,
        };
        Track(new EventSequence()
            .Add(seen)
            .Add(EventSequence.Transition(110, 64, 0, Established, Close, 0, 40000, 3306))
            .Add(EventSequence.Transition(120, 64, 0, Listen, SynRecv, 0, 40000, 3306)) // the slab gives out its address again
            .Add(owned)
            .Add(EventSequence.Transition(130, 64, 0, SynRecv, Established, 0, 40000, 3306)));
        Assert.Equal("SYN_RECV>ESTABLISHED 10 -", _sink.Lines[^1]);

        Track(new EventSequence().Add(seen).Add(owned).Add(EventSequence.Transition(130, 64, 0, Established, CloseWait, 0, 40000, 3306)));
        Assert.Equal("ESTABLISHED>CLOSE_WAIT -1 7/Snapshot", _sink.Lines[^1]);
    }

    [Fact]
    public void ATransitionAgainAfterALossIsNoRepeat()
    {
        ConnectionTracker tracker = Track(new EventSequence()
            .FromClient(100, Close, SynSent, pid: 7)
            .FromClient(200, Close, SynSent, pid: 7)
            .FromClient(270, SynSent, Close));

        Assert.Equal("life=70", _sink.Lines[^1].Split(' ')[3]);
        Assert.Equal(0, tracker.Repeats);
        Assert.Equal(1, tracker.Unmatched);
    }

    [Fact]
    public void ASocketThatFailsAndConnectsAgainIsTwoConnections()
    {
        Track(new EventSequence()
            .FromClient(100, Close, SynSent, pid: 7)
            .FromClient(150, SynSent, Close)
            .FromClient(200, Close, SynSent, pid: 7)
            .FromClient(270, SynSent, Close));

        Assert.Equal(["life=50", "life=70"], _sink.Lines.Where(line => line.StartsWith("Client", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[3]));
    }

    [Fact]
    public void ClocksOfTwoCpusThatDifferGiveNoNegativeTime()
    {
        Track(new EventSequence()
            .FromClient(100, Close, SynSent, pid: 7)
            .FromClient(98, SynSent, Established)
            .FromClient(97, Established, Close, pid: 7));

        Assert.Equal("Client 127.0.0.1:40000 127.0.0.2:3306 life=0 connect=1 SYN_SENT=0 ESTABLISHED=0 7/Connect", _sink.Lines[^1]);
    }

    [Fact]
    public void AFullTableForgetsTheConnectionThatWasQuietLongest()
    {
        var sequence = new EventSequence();
        for (ulong sock = 1; sock <= 5; sock++)
            sequence.Add(EventSequence.Transition((long)sock, sock * 64, sock, Close, SynSent, 7, 0, 3306));
        sequence.Add(EventSequence.Transition(10, 64, 1, SynSent, Established, 0, 40000, 3306));

        ConnectionTracker tracker = Track(sequence, maxConnections: 4);

        Assert.Equal(2, tracker.Evicted); // socket 1, and socket 2 when 1 came back
        Assert.Equal(4, tracker.Followed.Connections);
        Assert.Equal("SYN_SENT>ESTABLISHED -1 -", _sink.Lines[^1]);
    }

    [Fact]
    public void AFilterForAnOwnerWaitsUntilTheOwnerIsKnown()
    {
        var sequence = new EventSequence()
            .FromServer(100, Listen, SynRecv)
            .FromServer(101, SynRecv, Established)
            .FromServer(200, Established, FinWait1, pid: 9)
            .FromServer(300, FinWait1, Close);

        Track(sequence, filter: new TraceFilter { Pid = 9 });

        Assert.Equal(["ESTABLISHED>FIN_WAIT1", "FIN_WAIT1>CLOSE", "Server"], _sink.Lines.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void ATimeWaitIsToldWhenItEnds()
    {
        Track(new EventSequence().Mini(100, EventKind.MiniArmed, TimeWait).Mini(160, EventKind.MiniExpired, TimeWait));

        Assert.Equal(["TIME_WAIT 127.0.0.1:40000 127.0.0.2:3306 -1+60 Expired"], _sink.Lines);
    }

    [Fact]
    public void AMiniSocketThatAFilterRulesOutIsNotFollowedAndItsEndIsNotMissed()
    {
        EventSequence sequence = new EventSequence().Mini(100, EventKind.MiniArmed, TimeWait).Mini(160, EventKind.MiniGone, TimeWait);
        ConnectionTracker all = Track(sequence), others = Track(sequence, filter: new TraceFilter { Port = 80 });
        all.Finish();
        others.Finish();
        Assert.Equal((1, 0), (all.Unmatched, others.Unmatched));

        EventSequence left = new EventSequence().Mini(100, EventKind.MiniArmed, TimeWait);
        Assert.Equal((0, 0), Track(left, filter: new TraceFilter { Netns = 7 }).Followed);
    }

    [Fact]
    public void PoolsThatASnapshotFindsMakeTheirTableGrow()
    {
        var sequence = new EventSequence();
        for (ulong sock = 1; sock <= 9; sock++)
        {
            sequence.Add(EventSequence.Transition(100, sock * 64, sock, TcpState.Unknown, Established, 0, 40000, (ushort)(3300 + sock)) with
            {
                Kind = EventKind.Seen,
            });
        }

        Assert.Equal(9, Track(sequence).Followed.Connections);
    }

    [Fact]
    public void WhatAListenersPortLeavesInTimeWaitIsOfNoPool()
    {
        TcpEvent waits = EventSequence.Transition(130, 640, 0, TcpState.Unknown, TimeWait, 0, 40000, 3306) with { Kind = EventKind.SeenMini };
        EventSequence both = new EventSequence()
            .Add(EventSequence.Transition(100, 64, 1, TcpState.Unknown, Listen, 0, 40000, 0) with { Kind = EventKind.Seen })
            .Add(EventSequence.Transition(110, 128, 2, Close, Listen, 7, 40000, 0));
        Assert.Equal(0, Track(both.Add(waits)).PortsTaken);

        // The other goes on.
        EventSequence other = both.Add(EventSequence.Transition(120, 128, 2, Listen, Close, 7, 40000, 0)).Add(waits with { Sock = 704 });
        Assert.Equal(0, Track(other).PortsTaken);

        EventSequence none = other.Add(EventSequence.Transition(120, 64, 1, Listen, Close, 7, 40000, 0)).Add(waits with { Sock = 768 });
        Assert.Equal(1, Track(none).PortsTaken);
    }

    private ConnectionTracker Track(EventSequence sequence, int maxConnections = 1000, TraceFilter? filter = null)
    {
        var tracker = new ConnectionTracker(
            new TrackerOptions { MaxConnections = maxConnections, MaxPorts = 1000, Filter = filter ?? new TraceFilter(), TimeWait = TimeWaitSight.Timers },
            [_sink]);
        var batch = new EventBatch();
        ReadOnlySpan<TcpEvent> events = sequence.Events;
        long malformed = 0;
        while (!events.IsEmpty)
        {
            batch.Clear();
            events = events[batch.Append(events, ref malformed)..];
            tracker.Apply(batch);
        }
        Assert.Equal(0, malformed);
        return tracker;
    }
}

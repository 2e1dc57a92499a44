using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Tests.Support;
using SockTrace.Tracking;
using static SockTrace.Events.TcpState;

namespace SockTrace.Tests.Tracking;

/// <summary>Endings that look alike, and what tells them apart.</summary>
public sealed class CloseReasonTests
{
    private const byte ShutBoth = 3;

    private readonly RecordingSink _sink = new();

    [Fact]
    public void AConnectThatFoundNoPort()
    {
        Track(Client(Close, SynSent, lport: 0), Client(SynSent, Close, lport: 0, EventFlags.Held));
        AssertIs(CloseReason.PortExhausted, ClosedBy.Unknown);
        Assert.Contains(_sink.Lines, line => line.StartsWith("NO PORT", StringComparison.Ordinal));
    }

    [Fact]
    public void AFastOpenThatWasClosedBeforeItSentAnything()
    {
        Track(Client(Close, SynSent, lport: 0), Client(SynSent, Close, lport: 0, EventFlags.Held) with { Shutdown = ShutBoth });
        AssertIs(CloseReason.Disconnected, ClosedBy.Local);
        Assert.DoesNotContain(_sink.Lines, line => line.StartsWith("NO PORT", StringComparison.Ordinal));
    }

    [Fact]
    public void AConnectFromAPortOfItsOwnThatFailedHere()
    {
        Track(Client(Close, SynSent, lport: 40000), Client(SynSent, Close, lport: 40000, EventFlags.Held));
        AssertIs(CloseReason.Unknown, ClosedBy.Unknown);
    }

    [Theory]
    [InlineData(40000, 3)] // close()
    [InlineData(0, 3)]
    [InlineData(0, 0)] // connect() to AF_UNSPEC
    public void AConnectThatWasGivenUp(int boundTo, byte shutdown)
    {
        Track(Client(Close, SynSent, (ushort)boundTo), Client(SynSent, Close, lport: 40000, EventFlags.Held) with { Shutdown = shutdown });
        AssertIs(CloseReason.Disconnected, ClosedBy.Local);
    }

    [Fact]
    public void WhoLosesAHandshakeThatWasCompletedTwiceWaitedForNoListener()
    {
        Track(Server(Listen, SynRecv), Server(SynRecv, Close));
        AssertIs(CloseReason.Unknown, ClosedBy.Unknown);
    }

    [Fact]
    public void WhoWaitedForAccept()
    {
        Track(Server(Listen, SynRecv), Server(SynRecv, Established), Server(Established, Close));
        AssertIs(CloseReason.ListenerClosed, ClosedBy.Local);
    }

    [Theory]
    [InlineData(SynSent, Errno.ECONNREFUSED, CloseReason.Refused, ClosedBy.Remote)]
    [InlineData(Established, Errno.ECONNREFUSED, CloseReason.Unreachable, ClosedBy.Unknown)] // a port that ICMP calls unreachable
    [InlineData(SynSent, Errno.EACCES, CloseReason.Unreachable, ClosedBy.Unknown)] // ICMPv6: administratively prohibited
    [InlineData(SynSent, Errno.EPROTO, CloseReason.Unreachable, ClosedBy.Unknown)] // ICMPv6: parameter problem
    [InlineData(SynSent, Errno.EHOSTUNREACH, CloseReason.Unreachable, ClosedBy.Unknown)]
    internal void WhatIcmpSays(TcpState old, int error, CloseReason reason, ClosedBy by)
    {
        Track(Client(old, Close, lport: 40000) with { SkErr = (ushort)error });
        AssertIs(reason, by);
    }

    private static TcpEvent Client(TcpState old, TcpState @new, ushort lport, EventFlags flags = 0) =>
        EventSequence.Transition(100, EventSequence.Client, 11, old, @new, 7, lport, 3306, flags);

    private static TcpEvent Server(TcpState old, TcpState @new) =>
        EventSequence.Transition(100, EventSequence.Server, 22, old, @new, 0, 3306, 40000);

    private void Track(params TcpEvent[] events)
    {
        var tracker = new ConnectionTracker(new TrackerOptions { Ranges = _ => new PortRange(32768, 60999, []) }, [_sink]);
        var batch = new EventBatch();
        long malformed = 0;
        Assert.Equal(events.Length, batch.Append(events, ref malformed));
        tracker.Apply(batch);
    }

    private void AssertIs(CloseReason reason, ClosedBy by) => Assert.Equal((reason, by), Assert.Single(_sink.Reasons));
}

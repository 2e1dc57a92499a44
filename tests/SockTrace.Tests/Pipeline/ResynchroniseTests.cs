using System.IO.Pipelines;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Tests.Support;
using SockTrace.Tracking;
using static SockTrace.Events.TcpState;

namespace SockTrace.Tests.Pipeline;

/// <summary>After which losses the tables are compared with what there is.</summary>
public sealed class ResynchroniseTests
{
    [Fact]
    public void AfterEachLossOfTheRing() =>
        Assert.Equal([2, 4], Run(new(0, 0, 0), new(0, 0, 0), new(5, 0, 0), new(5, 0, 0), new(6, 0, 0), new(6, 0, 0)));

    [Fact]
    public void AlsoWhereTheKernelDidNotRunTheProgram() =>
        Assert.Equal([1, 3], Run(new(0, 0, 0), new(0, 1, 0), new(0, 1, 0), new(0, 2, 0), new(0, 2, 0)));

    [Fact]
    public void ARingsLossIsNotHiddenByNonsenseThatCame() =>
        Assert.Equal([2], Run(new(0, 0, 0), new(0, 0, 10), new(5, 0, 10), new(5, 0, 10)));

    [Fact]
    public void WhatCameTwiceIsNoLoss() =>
        Assert.Empty(Run(new(0, 0, 0), new(0, -1, 0), new(0, -1, 0)));

    /// <returns>At which of the looks at the counters it came to it.</returns>
    private static List<int> Run(params SourceLosses[] losses)
    {
        var options = new TrackerOptions();
        var tracker = new ConnectionTracker(options, []);
        using var source = new LosingSource(losses);
        new TraceLoop(source, tracker, options, TimeSpan.FromHours(1), [], new WallClock()).Run(null, source.Stopped);
        return source.Resynchronised;
    }

    /// <summary>A second passes with each poll, and one transition comes twice in the first.</summary>
    private sealed class LosingSource(SourceLosses[] losses) : IEventSource
    {
        private readonly CancellationTokenSource _stop = new();
        private int _looks;

        public CancellationToken Stopped => _stop.Token;

        public List<int> Resynchronised { get; } = [];

        public string Name => "losing";

        public TimeWaitSight TimeWait => TimeWaitSight.Functions;

        public IEnumerable<string> Attached => [];

        public long NowNs { get; private set; }

        public bool Poll(PipeWriter writer, TimeSpan timeout)
        {
            NowNs += 2_000_000_000;
            if (losses[^1].Kernel < 0 && _looks == 1)
            {
                ReadOnlySpan<byte> events = new EventSequence()
                    .FromClient(100, Close, SynSent, pid: 7)
                    .FromClient(101, Close, SynSent, pid: 7, flags: EventFlags.Rescued).Bytes;
                events.CopyTo(writer.GetSpan(events.Length));
                writer.Advance(events.Length);
            }
            return false;
        }

        public void Resynchronise() => Resynchronised.Add(_looks - 1);

        public string? TakeNote() => null;

        public void Stop()
        {
        }

        public SourceLosses ReadLosses()
        {
            SourceLosses now = losses[Math.Min(_looks, losses.Length - 1)];
            if (++_looks >= losses.Length)
                _stop.Cancel();
            return now;
        }

        public void Dispose() => _stop.Dispose();
    }
}

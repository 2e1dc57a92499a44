using System.IO.Pipelines;
using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Pipeline;
using SockTrace.Tests.Support;
using SockTrace.Tracking;
using static SockTrace.Events.TcpState;

namespace SockTrace.Tests.Pipeline;

public sealed class AllocationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SteadyStateAllocatesNothing(bool ndjson)
    {
        var clock = new WallClock();
        // Buffers come into being when they are first needed: how many depends on how fast the writer is.
        var queue = new OutputQueue();
        while (queue.Reserve(OutputQueue.MaxLine) is var _ && queue.Commit(OutputQueue.MaxLine))
        {
        }
        queue.TakeLoss();
        var output = new OutputWriter(OutputFile.Create(_folder.File("out"), force: false), Assert.Fail, queue: queue);
        Assert.True(SpinWait.SpinUntil(() => queue.IsDrained, TimeSpan.FromSeconds(10)));
        using ITraceSink sink = ndjson ? new NdjsonSink(output, clock, Headers.Any) : new LineSink(output, clock, TimeZoneInfo.Utc);
        var source = new RepeatingSource(allocationsAfterRounds: 20, rounds: 200);
        var options = new TrackerOptions
        {
            MaxConnections = 1000,
            MaxPorts = 1000,
            Filter = new TraceFilter { Comm = new CommGlob("m*"), Port = 3306 },
            TimeWait = source.TimeWait,
        };
        var tracker = new ConnectionTracker(options, [sink]);

        new TraceLoop(source, tracker, options, TimeSpan.FromHours(1), [sink], clock).Run(null, source.Stopped);

        Assert.True(source.Events > 1500);
        Assert.Equal(source.Events, tracker.Events);
        Assert.Equal(0, source.AllocatedBytes);
    }

    /// <summary>The same eleven events again and again; counts what the thread allocates between rounds.</summary>
    private sealed class RepeatingSource(int allocationsAfterRounds, int rounds) : IEventSource
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TcpEvent[] _events = new EventSequence()
            .FromClient(100, Close, SynSent, pid: 7, lport: 0)
            .FromClient(130, SynSent, Established)
            .FromServer(131, Listen, SynRecv)
            .FromServer(132, SynRecv, Established)
            .FromClient(180, Established, FinWait1, pid: 7)
            .FromServer(181, Established, CloseWait)
            .FromServer(182, CloseWait, LastAck, pid: 9)
            .FromClient(190, FinWait1, FinWait2)
            .FromClient(191, FinWait2, Close, leaves: TcpState.TimeWait)
            .FromServer(192, LastAck, Close)
            .Mini(193, EventKind.MiniExpired, TcpState.TimeWait)
            .Events.ToArray();

        private const int StateEvents = 10;

        private int _round;
        private long _allocatedBefore;

        public CancellationToken Stopped => _stop.Token;

        public long Events { get; private set; }

        public long AllocatedBytes { get; private set; }

        public string Name => "repeating";

        public TimeWaitSight TimeWait => TimeWaitSight.Timers;

        public IEnumerable<string> Attached => [];

        public bool Poll(PipeWriter writer, TimeSpan timeout)
        {
            if (_round == allocationsAfterRounds)
                _allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            else if (_round == rounds)
                AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore;
            if (_round++ >= rounds)
            {
                _stop.Cancel();
                return false;
            }
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(_events.AsSpan());
            bytes.CopyTo(writer.GetSpan(bytes.Length));
            writer.Advance(bytes.Length);
            Events += StateEvents;
            return true;
        }

        public void Resynchronise()
        {
        }

        public string? TakeNote() => null;

        public void Stop()
        {
        }

        public SourceLosses ReadLosses() => default;

        public void Dispose() => _stop.Dispose();
    }
}

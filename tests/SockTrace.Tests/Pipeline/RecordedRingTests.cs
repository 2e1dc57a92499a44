using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SockTrace.Bpf;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Pipeline;
using SockTrace.Tests.Support;
using SockTrace.Tracking;

namespace SockTrace.Tests.Pipeline;

/// <summary>
/// What real rings held, through the real pipeline: NAME.ring in, NAME.ndjson and NAME.txt
/// out. <see cref="RecordAnew"/> makes them, as root; look at the difference before you keep it.
/// </summary>
public sealed class RecordedRingTests : IDisposable
{
    /// <summary>The wall clock of all goldens: one that does not depend on when the test runs.</summary>
    private const long WallClockOffsetNs = 1_795_434_733_000_000_000;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("orderly")]
    [InlineData("refused-and-reset")]
    public void ARingGivesTheSameRecordsAsEver(string name)
    {
        byte[] ring = File.ReadAllBytes(Golden(name, "ring"));
        foreach (int eventsPerPoll in (int[])[1, 3, 1000])
        {
            Assert.Equal(File.ReadAllText(Golden(name, "ndjson")), Ndjson(ring, eventsPerPoll));
            Assert.Equal(File.ReadAllText(Golden(name, "txt")), Lines(ring, eventsPerPoll));
        }
    }

    [Fact(Explicit = true)]
    public void RecordAnew()
    {
        Support.Live.RequireRoot();
        Record("orderly", () =>
        {
            using Socket listener = Traffic.Listen(7777);
            (Socket client, Socket server) = Traffic.Connect(listener);
            client.Send("hello"u8);
            server.Receive(new byte[5]);
            client.Dispose();
            server.Dispose();
        });
        Record("refused-and-reset", () =>
        {
            using (var refused = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
                Assert.Throws<SocketException>(() => refused.Connect("127.0.0.1", 7779));

            using Socket listener = Traffic.Listen(7777, "::1");
            (Socket client, Socket server) = Traffic.Connect(listener);
            client.LingerState = new LingerOption(true, 0);
            client.Dispose();
            server.Dispose();
        });
    }

    private static void Record(string name, Action traffic)
    {
        using var netns = new TestNamespace();
        using BpfSource source = BpfSource.Open(new TraceFilter { Netns = netns.Inode }, 1 << 20);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        // The snapshot, and what its symbols take, come first.
        var patience = System.Diagnostics.Stopwatch.StartNew();
        while (source.Poll(pipe.Writer, TimeSpan.FromMilliseconds(10)) || patience.Elapsed < TimeSpan.FromSeconds(1))
        {
        }
        netns.Run(traffic);
        source.Stop();
        while (source.Poll(pipe.Writer, TimeSpan.Zero))
        {
        }
        pipe.Writer.Complete();
        using var ring = new MemoryStream();
        pipe.Reader.AsStream().CopyTo(ring);

        byte[] bytes = ring.ToArray();
        File.WriteAllBytes(Golden(name, "ring"), bytes);
        using var self = new RecordedRingTests();
        File.WriteAllText(Golden(name, "ndjson"), self.Ndjson(bytes, 1000));
        File.WriteAllText(Golden(name, "txt"), self.Lines(bytes, 1000));
    }

    /// <summary>The records between header and end, whose times are those of the test.</summary>
    private string Ndjson(byte[] ring, int eventsPerPoll)
    {
        string[] lines = Run(ring, eventsPerPoll, (output, clock) => new NdjsonSink(output, clock, Headers.Any));
        return string.Concat(lines[1..^1].Select(line => line + '\n'));
    }

    private string Lines(byte[] ring, int eventsPerPoll) =>
        string.Concat(Run(ring, eventsPerPoll, (output, clock) => new LineSink(output, clock, TimeZoneInfo.Utc)).Select(line => line + '\n'));

    private string[] Run(byte[] ring, int eventsPerPoll, Func<OutputWriter, WallClock, ITraceSink> open)
    {
        string path = _folder.File("out");
        var clock = WallClock.Fixed(WallClockOffsetNs);
        using (ITraceSink sink = open(OutputWriter.Open(path, force: true, rotation: null, Assert.Fail), clock))
        {
            using var source = new RecordedSource(ring, eventsPerPoll);
            var options = new TrackerOptions { MaxConnections = 1000, MaxPorts = 1000, TimeWait = source.TimeWait };
            var tracker = new ConnectionTracker(options, [sink]);
            new TraceLoop(source, tracker, options, TimeSpan.FromHours(1), [sink], clock).Run(null, source.Ended);
        }
        return File.ReadAllLines(path);
    }

    private static string Golden(string name, string extension, [CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "Recorded", $"{name}.{extension}");
}

using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Pipeline;
using SockTrace.Replay;
using SockTrace.Tracking;

namespace SockTrace.Tests.Support;

/// <summary>What a trace becomes that goes through the pipeline again.</summary>
internal static class Replayed
{
    /// <summary>The lines between header and end.</summary>
    public static string[] Lines(string path, TempFolder folder)
    {
        string output = folder.File("replayed");
        using var source = new TraceSource(path, double.PositiveInfinity, from: null, to: null, fault => Assert.Fail(fault.ToString()));
        var clock = WallClock.Fixed(0);
        using (var sink = new NdjsonSink(new OutputWriter(OutputFile.Create(output, force: true), Assert.Fail, queue: new OutputQueue(waits: true)), clock, Headers.Any))
        {
            var options = new TrackerOptions { TimeWait = source.TimeWait };
            new TraceLoop(source, new ConnectionTracker(options, [sink]), options, TimeSpan.FromDays(1), [sink], clock)
                .Run(null, CancellationToken.None);
        }
        return File.ReadAllLines(output)[1..^1];
    }
}

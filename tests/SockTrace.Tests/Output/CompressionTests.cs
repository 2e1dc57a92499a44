using System.Diagnostics;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Output;

/// <summary>Files that their names ask to be compressed.</summary>
public sealed class CompressionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("trace.ndjson", null)]
    [InlineData("trace.ndjson.gz", "gzip")]
    [InlineData("trace.ndjson.zst", "zstd")]
    public void WhatIsWrittenIsReadAgain(string name, string? tool)
    {
        string path = _folder.File(name);
        var records = new StateRecords();
        OutputWriter output = OutputWriter.Open(path, force: false, rotation: null, Assert.Fail);
        var sink = new NdjsonSink(output, new WallClock(), Headers.Any);
        for (int i = 0; i < 20; i++)
        {
            records.ProduceTo(sink, 500);
            Eventually.Soon(() => output.Queue.IsDrained);
        }
        sink.OnEnd(records.Totals);
        sink.Dispose();

        RecordedTrace trace = FileLines.Read(path);
        trace.AssertWhole();
        OutputQueueTests.AssertEveryRecordIsThereOrCounted(trace, records.Count);
        if (tool is not null)
        {
            Assert.InRange(new FileInfo(path).Length, 1, 500_000); // of 2.5 MB
            AssertReadableBy(tool, path);
        }
    }

    [Theory]
    [InlineData("trace.ndjson.gz")]
    [InlineData("trace.ndjson.zst")]
    public void WhatIsHandedOverCanBeReadWhileTheFileIsOpen(string name)
    {
        string path = _folder.File(name);
        var records = new StateRecords();
        using var sink = new NdjsonSink(OutputWriter.Open(path, force: false, rotation: null, Assert.Fail), new WallClock(), Headers.Any);
        records.ProduceTo(sink, 5);

        Eventually.Soon(() =>
        {
            sink.Flush(records.Totals);
            return FileLines.WholeLines(path).Length == 6;
        });
    }

    private static void AssertReadableBy(string tool, string path)
    {
        using var process = Process.Start(tool, ["-q", "-t", path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}

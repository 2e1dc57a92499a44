using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Output;

/// <summary>Destinations that are too slow, and what they are told of what they missed.</summary>
public sealed class OutputQueueTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WhatAReaderIsTooSlowForIsCountedToTheRecord()
    {
        string path = _folder.File("fifo");
        using FileStream reader = OpenFifo(path);
        var records = new StateRecords();
        var sink = new NdjsonSink(Output(path, chunks: 4), new WallClock(), Headers.Any);

        // Nobody reads: the pipe and the queue fill, and the rest must not wait.
        records.ProduceTo(sink, 5_000);
        Assert.True(sink.Losses.Records > 0);

        var lines = new List<string>();
        Task reading = Task.Run(() => ReadToEnd(reader, lines));
        for (int i = 0; i < 500; i++)
        {
            records.ProduceTo(sink, 10);
            sink.Flush(records.Totals);
        }
        sink.OnEnd(records.Totals);
        sink.Dispose();
        await reading.WaitAsync(TimeSpan.FromSeconds(30));

        AssertEveryRecordIsThereOrCounted(RecordedTrace.Parse(string.Join('\n', lines)), records.Count);
        Assert.Equal(0, sink.Losses.ByFailure);
    }

    [Fact]
    public async Task LinesForPeopleSayHowManyAreMissing()
    {
        string path = _folder.File("fifo");
        using FileStream reader = OpenFifo(path);
        var records = new StateRecords();
        var sink = new LineSink(Output(path, chunks: 4), new WallClock(), TimeZoneInfo.Utc);
        records.ProduceTo(sink, 5_000);

        // A line for each record, and one for each time that some were lost; together they are all.
        long seen = 0, lost = 0;
        Task reading = Task.Run(() =>
        {
            using var lines = new StreamReader(reader, leaveOpen: true);
            lines.ReadLine(); // the heading
            while (seen + lost < records.Count)
            {
                string[] words = lines.ReadLine()!.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (words[1..] is ["***", string count, "records", "lost:", "the", "output", ..])
                    lost += long.Parse(count, CultureInfo.InvariantCulture);
                else
                    seen++;
            }
        });
        sink.OnEnd(records.Totals);
        sink.Dispose();
        await reading.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(records.Count, seen + lost);
        Assert.Equal(sink.Losses.Records, lost);
        Assert.InRange(lost, 1, records.Count - 1);
    }

    [Fact]
    public async Task AReaderThatIsSlowButReadsGetsEverythingAtTheEnd()
    {
        string path = _folder.File("fifo");
        using FileStream reader = OpenFifo(path);
        var records = new StateRecords();
        var sink = new NdjsonSink(Output(path, chunks: 100), new WallClock(), Headers.Any);
        records.ProduceTo(sink, 1_000); // more than the pipe holds, less than the queue
        sink.OnEnd(records.Totals);

        var lines = new List<string>();
        Task reading = Task.Run(() => ReadToEnd(reader, lines));
        sink.Dispose();
        await reading.WaitAsync(TimeSpan.FromSeconds(30));

        RecordedTrace trace = RecordedTrace.Parse(string.Join('\n', lines));
        trace.AssertWhole();
        Assert.Equal(1_000, trace.OfType("state").Count());
    }

    [Fact]
    public async Task WhoWaitsForAnOutputThatFailsIsToldAtOnce()
    {
        var said = new List<string>();
        var queue = new OutputQueue(chunks: 2, chunkBytes: 2 * OutputQueue.MaxLine, waits: true);
        var sink = new LineSink(new OutputWriter(OutputFile.Create("/dev/full", force: false), said.Add, queue: queue), new WallClock(), TimeZoneInfo.Utc);
        var records = new StateRecords();
        await Task.Run(() => Assert.Throws<OutputException>((Action)(() =>
        {
            while (true)
            {
                records.ProduceTo(sink, 100);
                sink.Flush(records.Totals);
            }
        }))).WaitAsync(TimeSpan.FromSeconds(30));
        sink.OnEnd(records.Totals);
        sink.Dispose();
        Assert.Equal("cannot write to /dev/full: no space left on device", Assert.Single(said));
        Assert.True(sink.Losses.ByFailure > 0);
    }

    [Fact]
    public void WhatIsDroppedIsToldAsSoonAsThereIsRoom()
    {
        var queue = new OutputQueue(chunks: 1, chunkBytes: 2 * OutputQueue.MaxLine);
        Assert.True(Add(queue));
        Assert.True(Add(queue));
        Assert.False(Add(queue));
        Assert.False(Add(queue));
        Assert.False(queue.TryTakeLoss(out _));

        OutputChunk? chunk = queue.Take(TimeSpan.Zero);
        Assert.Equal(2 * OutputQueue.MaxLine, chunk!.Length);
        Assert.False(queue.TryTakeLoss(out _));

        queue.Return(chunk);
        Assert.False(Add(queue)); // it would come before the line that tells of the loss
        Assert.True(queue.TryTakeLoss(out long count));
        Assert.Equal(3, count);
        Assert.Equal(3, queue.Dropped);
        Assert.False(queue.TryTakeLoss(out _));
        Assert.True(Add(queue));
    }

    [Fact]
    public void ManySmallHandOversDoNotUseUpTheQueue()
    {
        var queue = new OutputQueue(chunks: 4, chunkBytes: 2 * OutputQueue.MaxLine);
        for (int i = 0; i < 100; i++)
        {
            queue.Reserve(100);
            Assert.True(queue.Commit(100));
            queue.HandOver();
        }
        Assert.Equal(0, queue.Dropped);
        queue.Complete();
        int length = 0;
        while (queue.Take(TimeSpan.Zero) is { } chunk)
            length += chunk.Length;
        Assert.Equal(100 * 100, length);
    }

    internal static void AssertEveryRecordIsThereOrCounted(RecordedTrace trace, long produced)
    {
        long next = 1, lost = 0, states = 0;
        foreach (JsonElement record in trace.Records)
        {
            if (record.Text("type") == "lost")
            {
                Assert.Equal("queue", record.Text("where"));
                next += record.Number("count")!.Value;
                lost += record.Number("count")!.Value;
                Assert.Equal(lost, record.Number("total"));
            }
            else if (record.Text("type") == "state")
            {
                Assert.Equal(next++, record.Number("seq"));
                states++;
            }
        }
        Assert.Equal(produced, states + lost);
        Assert.Equal("end", trace.End.Text("type"));
        Assert.Equal(states, trace.End.GetProperty("totals").Number("state"));
        Assert.Equal(trace.OfType("lost").Count(), trace.End.GetProperty("totals").Number("lost"));
        Assert.Equal(lost, trace.End.GetProperty("lost").Number("queue"));
    }

    private static bool Add(OutputQueue queue)
    {
        queue.Reserve(OutputQueue.MaxLine);
        return queue.Commit(OutputQueue.MaxLine);
    }

    private static OutputWriter Output(string path, int chunks) =>
        new(OutputFile.Create(path, force: false), Assert.Fail, queue: new OutputQueue(chunks: chunks, chunkBytes: 2 * OutputQueue.MaxLine));

    /// <summary>Opened for both, so that neither end waits for the other to be opened.</summary>
    private static FileStream OpenFifo(string path)
    {
        using var mkfifo = Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
        return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
    }

    /// <summary>The end is the last line: a FIFO that its reader may write to has no other.</summary>
    private static void ReadToEnd(FileStream fifo, List<string> lines)
    {
        using var reader = new StreamReader(fifo, leaveOpen: true);
        string line;
        do
        {
            line = reader.ReadLine()!;
            lines.Add(line);
        }
        while (!line.StartsWith("{\"type\":\"end\"", StringComparison.Ordinal));
    }
}

using System.Globalization;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Output;

/// <summary>Files that are put aside while the run goes on.</summary>
public sealed class RotationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("trace.ndjson")]
    [InlineData("trace.ndjson.gz")]
    [InlineData("trace.ndjson.zst")]
    public void EveryFileIsValidAloneAndTogetherTheyAreTheRun(string name)
    {
        string path = _folder.File(name);
        var records = new StateRecords();
        OutputWriter output = Open(path, new Rotation(16 * 1024, null, null));
        var sink = new NdjsonSink(output, new WallClock(), Headers.Any);
        var files = new RotatedFiles(path);
        while (files.Oldest().Count() < 5)
        {
            records.ProduceTo(sink, 50);
            sink.Flush(records.Totals with { Unmatched = records.Count / 50, LostRing = records.Count / 25 });
            Eventually.Soon(() => output.Queue.IsDrained);
        }
        sink.OnEnd(records.Totals with { Unmatched = records.Count / 50, LostRing = records.Count / 25 });
        sink.Dispose();

        RecordedTrace[] traces = [.. files.Oldest().Append(path).Select(FileLines.Read)];
        long seq = 0;
        foreach (RecordedTrace trace in traces)
        {
            Assert.Equal("header", trace.Header.Text("type"));
            Assert.Equal("end", trace.End.Text("type"));
            Assert.Equal(trace == traces[^1] ? null : "True", trace.End.Text("continued"));
            Assert.Equal(0, trace.End.GetProperty("audit").GetArrayLength());
            Assert.Equal(trace.OfType("state").Count(), trace.End.GetProperty("totals").Number("state"));
            Assert.All(trace.OfType("state"), state => Assert.Equal(++seq, state.Number("seq")));
        }
        Assert.Equal(records.Count, seq);
        Assert.Equal(records.Count / 50, traces.Sum(trace => trace.End.Number("unmatched")));
        Assert.Equal(records.Count / 25, traces.Sum(trace => trace.End.GetProperty("lost").Number("ring")));
        Assert.All(traces[..^1], trace => Assert.InRange(trace.OfType("state").Count(), 50, 5000));
    }

    [Fact]
    public void AFileIsPutAsideWhenItIsOldEnoughThoughNothingHappens()
    {
        string path = _folder.File("trace.ndjson");
        using var sink = new NdjsonSink(Open(path, new Rotation(null, TimeSpan.FromMilliseconds(50), null)), new WallClock(), Headers.Any);
        var files = new RotatedFiles(path);
        Eventually.Soon(() =>
        {
            sink.Flush(new StateRecords().Totals);
            return files.Oldest().Count() >= 3;
        });
        Assert.All(files.Oldest(), file => Assert.Equal(2, RecordedTrace.Read(file).Records.Length));
    }

    [Fact]
    public void OnlyAsManyAreKeptAsWanted()
    {
        string path = _folder.File("trace.ndjson");
        string stranger = _folder.File("trace.2026.ndjson"), other = _folder.File("tracer.20200101T000000Z.ndjson");
        string oldest = _folder.File("trace.20200101T000000Z.ndjson");
        foreach (string file in (string[])[stranger, other, oldest])
            File.WriteAllText(file, "");
        var records = new StateRecords();
        OutputWriter output = Open(path, new Rotation(16 * 1024, null, Keep: 2));
        var sink = new NdjsonSink(output, new WallClock(), Headers.Any);
        for (int i = 0; i < 200; i++)
        {
            records.ProduceTo(sink, 50);
            sink.Flush(records.Totals);
            Eventually.Soon(() => output.Queue.IsDrained);
        }
        sink.OnEnd(records.Totals);
        sink.Dispose();

        string[] kept = [.. new RotatedFiles(path).Oldest()];
        Assert.Equal(2, kept.Length);
        Assert.Equal([kept[0], kept[1], path, stranger, other], Directory.GetFiles(_folder.Path).OrderBy(file => Array.IndexOf([kept[0], kept[1], path, stranger, other], file)));
        // The newest: their records run up to those of the file itself.
        long[] seqs = [.. kept.Append(path).SelectMany(file => RecordedTrace.Read(file).OfType("state")).Select(state => state.Number("seq")!.Value)];
        Assert.Equal(Enumerable.Range(0, seqs.Length).Select(i => records.Count - seqs.Length + 1 + i), seqs);
    }

    [Fact]
    public void AFileThatIsThereAtTheStartIsPutAside()
    {
        string path = _folder.File("trace.ndjson");
        File.WriteAllText(path, "precious");
        new NdjsonSink(Open(path, new Rotation(1 << 20, null, Keep: 1)), new WallClock(), Headers.Any).Dispose();

        Assert.Equal("precious", File.ReadAllText(Assert.Single(new RotatedFiles(path).Oldest())));
        Assert.Single(RecordedTrace.Read(path).OfType("header"));
    }

    [Theory]
    [InlineData("trace.ndjson", "trace.20261123T204500Z.ndjson", "trace.20261123T204500Z_2.ndjson")]
    [InlineData("trace.ndjson.zst", "trace.20261123T204500Z.ndjson.zst", "trace.20261123T204500Z_2.ndjson.zst")]
    [InlineData("a.b.json.gz", "a.b.20261123T204500Z.json.gz", "a.b.20261123T204500Z_2.json.gz")]
    [InlineData("trace.zst", "trace.20261123T204500Z.zst", "trace.20261123T204500Z_2.zst")]
    [InlineData("trace", "trace.20261123T204500Z", "trace.20261123T204500Z_2")]
    public void TheStampGoesBeforeTheExtensionAndTwoOfASecondDiffer(string name, string first, string second)
    {
        var time = DateTime.Parse("2026-11-23T20:45:00Z", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
        var files = new RotatedFiles(_folder.File(name));
        Assert.Equal(_folder.File(first), files.NameAt(time));
        File.WriteAllText(files.NameAt(time), "");
        Assert.Equal(_folder.File(second), files.NameAt(time));
        for (int i = 0; i < 10; i++)
            File.WriteAllText(files.NameAt(time), "");
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
            files.Oldest().Select(file => file.Contains('_', StringComparison.Ordinal) ? int.Parse(file.Split('_')[1].Split('.')[0], CultureInfo.InvariantCulture) : 1));
    }

    [Fact]
    public void AFileThatWasMovedAwayIsBegunAnewAndOneThatWasNotStays()
    {
        string path = _folder.File("trace.ndjson"), moved = _folder.File("moved.ndjson");
        var records = new StateRecords();
        OutputWriter output = Open(path, rotation: null);
        var sink = new NdjsonSink(output, new WallClock(), Headers.Any);
        records.ProduceTo(sink, 10);
        FlushUntil(sink, records, () => File.ReadAllLines(path).Length == 11);

        output.ReopenIfMoved();
        records.ProduceTo(sink, 10);
        FlushUntil(sink, records, () => File.ReadAllLines(path).Length == 21);

        File.Move(path, moved);
        output.ReopenIfMoved();
        FlushUntil(sink, records, () => File.Exists(path));
        records.ProduceTo(sink, 10);
        sink.OnEnd(records.Totals);
        sink.Dispose();

        RecordedTrace before = RecordedTrace.Read(moved), after = RecordedTrace.Read(path);
        Assert.Equal("True", before.End.Text("continued"));
        Assert.Equal(Enumerable.Range(1, 20), before.OfType("state").Select(state => (int)state.Number("seq")!));
        after.AssertWhole();
        Assert.Equal(Enumerable.Range(21, 10), after.OfType("state").Select(state => (int)state.Number("seq")!));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal([moved, path], Directory.GetFiles(_folder.Path).Order());
    }

    private static void FlushUntil(NdjsonSink sink, StateRecords records, Func<bool> hasCome) => Eventually.Soon(() =>
    {
        sink.Flush(records.Totals);
        return hasCome();
    });

    private static OutputWriter Open(string path, Rotation? rotation) => OutputWriter.Open(path, force: false, rotation, Assert.Fail);
}

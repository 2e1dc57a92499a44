using System.Text;
using CsCheck;
using SockTrace.Reading;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reading;

public sealed class TraceFileTests
{
    private static readonly string[] Lines = new RandomRecords(new Random(1)).Lines(50);
    private static readonly string Text = string.Concat(Lines.Select(line => line + "\n"));
    private static readonly List<string> Records = ReadTrace.OfText(Text).Records;

    [Fact]
    public void EveryLineIsARecord() => Assert.Equal(Lines.Length, Records.Count);

    [Fact]
    public void AFileWithoutALastNewlineIsWhole()
    {
        ReadTrace read = ReadTrace.OfText(Text[..^1]);
        Assert.Equal(Records, read.Records);
        Assert.False(read.IsTorn);
        Assert.Empty(read.Faults);
    }

    [Fact]
    public void WindowsLineEndsEmptyLinesAndAByteOrderMarkDoNotMatter()
    {
        ReadTrace read = ReadTrace.OfText("\uFEFF" + Text.Replace("\n", "\r\n\r\n\n", StringComparison.Ordinal));
        Assert.Equal(Records, read.Records);
        Assert.Empty(read.Faults);
    }

    [Fact]
    public void AnEmptyFileHasNoLines()
    {
        ReadTrace read = ReadTrace.OfText("");
        Assert.Equal((0, 0, false), (read.Lines, read.Records.Count, read.IsTorn));
    }

    [Fact]
    public void GarbageInTheMiddleIsToldByFileAndLineAndTheRestIsRead()
    {
        var lines = Lines.ToList();
        lines.Insert(7, "{\"type\":\"state\",");
        lines.Insert(30, "\0\0\0\0\u001b[2J");
        lines.Insert(31, "{\"type\":\"conn\",\"ts\":\"\u0007\"}");
        ReadTrace read = ReadTrace.OfText(string.Join('\n', lines));
        Assert.Equal(Records, read.Records);
        Assert.Equal((lines.Count, 3), (read.Lines, read.Malformed));
        Assert.Equal([8L, 31, 32], read.Faults.Select(fault => fault.Line));
        Assert.All(read.Faults, fault => Assert.EndsWith($"trace:{fault.Line}: {fault.Reason}", fault.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void WhatAFaultQuotesDoesNotDriveATerminal()
    {
        ReadTrace read = ReadTrace.OfText("""{"type":"state","ts":"\u001b]0;owned\u0007\u009b1m\u202e","id":"1"}""" + "\n");
        Assert.Contains("\\u001b]0;owned\\u0007\\u009b1m\\u202e", read.Faults.Single().ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(read.Faults.Single().ToString(), char.IsControl);
    }

    [Fact]
    public void ATraceCutAnywhereGivesTheLinesThatAreWhole()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Text);
        var random = new Random(2);
        for (int i = 0; i < 100; i++)
        {
            int length = random.Next(bytes.Length);
            byte[] cut = bytes[..length];
            int whole = cut.Count(b => b == '\n');
            bool endsInALine = length > 0 && cut[^1] != '\n';
            bool lastIsWhole = endsInALine && bytes[length] == '\n';
            ReadTrace read = ReadTrace.Of(cut);
            Assert.Equal(Records.Take(whole + (lastIsWhole ? 1 : 0)), read.Records);
            Assert.Equal(endsInALine && !lastIsWhole, read.IsTorn);
            Assert.Equal(0, read.Malformed);
            Assert.Equal(read.IsTorn ? [(whole + 1L, true)] : [], read.Faults.Select(fault => (fault.Line, fault.IsTorn)));
        }
    }

    [Fact]
    public void DamagedBytesNeverStopTheReading() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        byte[] bytes = Encoding.UTF8.GetBytes(Text);
        for (int i = 0; i < 20; i++)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        ReadTrace read = ReadTrace.Of(bytes);
        // No more than one line is lost where one became two, or two became one.
        Assert.InRange(read.Records.Count, Records.Count - 20, Records.Count + 20);
        Assert.InRange(read.Malformed, 0, 40);
    }, iter: 200, threads: 1);

    [Fact]
    public void ALineBeyondAllMeasureIsOneFaultAndWhatFollowsIsRead()
    {
        var content = new StringBuilder(Lines[0]).Append('\n').Append("{\"type\":\"state\",\"comm\":\"").Append('x', LineReader.MaxLine + 100).Append("\"}\n").Append(Lines[1]).Append('\n');
        ReadTrace read = ReadTrace.OfText(content.ToString());
        Assert.Equal(Records.Take(2), read.Records);
        Assert.Equal([(2L, "longer than 16 MiB")], read.Faults.Select(fault => (fault.Line, fault.Reason)));
        Assert.Equal(3, read.Lines);
    }

    [Fact]
    public void AnEndlessLineTakesNoMoreMemoryThanTheLongestAllowed()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var lines = new LineReader(new EndlessLine(length: 300L << 20));
        Assert.True(lines.TryRead(out ReadOnlySpan<byte> line));
        Assert.True(lines.IsTooLong);
        Assert.Equal(LineReader.MaxLine, line.Length);
        Assert.False(lines.TryRead(out _));
        Assert.False(lines.IsTorn);
        Assert.Equal(1, lines.Number);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4L * LineReader.MaxLine);
    }

    [Theory]
    [InlineData("missing", "cannot open {0}: no such file")]
    [InlineData("missing/too", "cannot open {0}: no such file")]
    [InlineData(".", "cannot open {0}: it is a folder")]
    public void WhatCannotBeOpenedSaysWhy(string name, string message)
    {
        using var folder = new TempFolder();
        string path = folder.File(name);
        TraceException e = Assert.Throws<TraceException>(() => new TraceFile(path, _ => { }));
        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, message, path), e.Message);
    }

    /// <summary>So many x and no newline.</summary>
    private sealed class EndlessLine(long length) : MemoryStream
    {
        private long _left = length;

        public override int Read(byte[] buffer, int offset, int count)
        {
            int given = (int)Math.Min(_left, count);
            buffer.AsSpan(offset, given).Fill((byte)'x');
            _left -= given;
            return given;
        }
    }
}

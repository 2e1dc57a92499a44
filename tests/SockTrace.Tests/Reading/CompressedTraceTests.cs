using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using CsCheck;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reading;

/// <summary>gzip and zstd, also by their own programs, in one piece and in several, whole and cut off.</summary>
public sealed class CompressedTraceTests
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes(string.Concat(new RandomRecords(new Random(1)).Lines(600).Select(line => line + "\n")));
    private static readonly List<string> Records = ReadTrace.Of(Text).Records;

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void OnePieceIsReadAsIfItWereNotCompressed(string format)
    {
        ReadTrace read = ReadTrace.Of(Compress(format, Text));
        Assert.Equal(Records, read.Records);
        Assert.Empty(read.Faults);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void PiecesOneAfterTheOtherAreOneTrace(string format) => Gen.Int.Sample(seed =>
    {
        ReadTrace read = ReadTrace.Of([.. Pieces(format, new Random(seed)).SelectMany(piece => piece)]);
        Assert.Equal(Records, read.Records);
        Assert.Empty(read.Faults);
        Assert.False(read.IsTorn);
    }, iter: 20, threads: 1);

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void PiecesCutAnywhereGiveAllWholePiecesAndNoLineThatIsNot(string format) => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        byte[][] pieces = Pieces(format, random, wholeLines: true);
        byte[] all = [.. pieces.SelectMany(piece => piece)];
        int length = random.Next(all.Length);
        int whole = 0, end = 0;
        for (; end + pieces[whole].Length <= length; whole++)
            end += pieces[whole].Length;
        int least = LinesOf(format, all[..end]);

        ReadTrace read = ReadTrace.Of(all[..length]);
        Assert.InRange(read.Records.Count, least, Records.Count);
        Assert.Equal(Records.Take(read.Records.Count), read.Records);
        Assert.Equal(0, read.Malformed);
        // Up to three bytes of a first piece are no compression yet.
        Assert.Equal(length > end, read.IsTorn);
        Assert.Equal(read.IsTorn ? 1 : 0, read.Faults.Count);
    }, iter: 100, threads: 1);

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void WhereverASmallFileIsCutItIsKnownToBeCut(string format)
    {
        byte[] first = Compress(format, Text[..(Array.IndexOf(Text, (byte)'\n') + 1)]), both = [.. first, .. first];
        for (int length = 1; length < both.Length; length++)
        {
            ReadTrace read = ReadTrace.Of(both[..length]);
            Assert.Equal((length, length != first.Length, length == first.Length ? 0 : 1), (length, read.IsTorn, read.Faults.Count));
            Assert.InRange(read.Records.Count, length >= first.Length ? 1 : 0, 2);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void OnePieceCutAnywhereGivesWhatItsOwnProgramCanUnpack(string format) => Gen.Int.Sample(seed =>
    {
        byte[] compressed = Compress(format, Text);
        byte[] cut = compressed[..new Random(seed).Next(20, compressed.Length)];
        int lines = LinesOf(format, cut);

        ReadTrace read = ReadTrace.Of(cut);
        Assert.Equal(Records.Take(read.Records.Count), read.Records);
        // A decompressor may keep to itself a block that is not whole.
        Assert.InRange(read.Records.Count, lines - (format == "gzip" ? 200 : 0), lines + 1);
        Assert.Equal((true, 0), (read.IsTorn, read.Malformed));
    }, iter: 30, threads: 1);

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void DamagedBytesEndTheReadingWithAWordAndNoCrash(string format) => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        byte[] compressed = Compress(format, Text);
        for (int i = 0; i < 3; i++)
            compressed[random.Next(4, compressed.Length)] ^= (byte)(1 << random.Next(8));
        ReadTrace read = ReadTrace.Of(compressed);
        Assert.NotEmpty(read.Faults);
    }, iter: 100, threads: 1);

    [Fact]
    public void WhatTheProgramsThemselvesMakeIsRead()
    {
        using var folder = new TempFolder();
        string path = folder.File("trace");
        File.WriteAllBytes(path, Text);
        foreach (string command in (string[])["gzip -9 -k", "zstd -q -19 -k", "zstd -q -T2 --long -k"])
        {
            foreach (string packed in (string[])[path + ".gz", path + ".zst"])
                File.Delete(packed);
            Assert.Equal(0, SocktraceProcess.Shell($"{command} '{path}'").ExitCode);
            string made = Directory.GetFiles(folder.Path).Single(file => file != path);
            Assert.Equal(Records, ReadTrace.Of(made).Records);
        }
    }

    /// <summary>The text cut into some pieces, each compressed by itself.</summary>
    private static byte[][] Pieces(string format, Random random, bool wholeLines = false)
    {
        var pieces = new List<byte[]>();
        int start = 0;
        while (start < Text.Length)
        {
            int end = Math.Min(Text.Length, start + random.Next(1, Text.Length / 3));
            if (wholeLines)
                end = Array.IndexOf(Text, (byte)'\n', end - 1) + 1;
            pieces.Add(Compress(format, Text[start..end]));
            start = end;
        }
        return [.. pieces];
    }

    private static byte[] Compress(string format, byte[] bytes)
    {
        if (format == "zstd")
        {
            using var compressor = new ZstdSharp.Compressor();
            compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
            return compressor.Wrap(bytes).ToArray();
        }
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return compressed.ToArray();
    }

    /// <summary>Whole lines that the format's own program gets out, of damaged data as of whole ones.</summary>
    private static int LinesOf(string format, byte[] compressed)
    {
        var start = new ProcessStartInfo(format, ["-dcq"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task writing = Task.Run(() =>
        {
            using Stream input = process.StandardInput.BaseStream;
            input.Write(compressed);
        });
        int lines = process.StandardOutput.ReadToEnd().Count(c => c == '\n');
        writing.Wait();
        process.WaitForExit();
        return lines;
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using HdrHistogram;
using HdrHistogram.Encoding;
using HdrHistogram.Utilities;

namespace SockTrace.Reporting;

/// <summary>
/// The distributions as an HdrHistogram log, version 1.3: a line a metric, tagged with its name,
/// and one for each group, tagged <c>metric/group</c>. UTF-8; the package's own writer makes UTF-16.
/// </summary>
internal static class HistogramLog
{
    /// <summary>The unit of the third column, Interval_Max: milliseconds, as everybody's.</summary>
    private const double MaxUnitNs = 1e6;

    /// <summary>Of the compressed V2 encoding.</summary>
    private const int CompressedCookie = 0x1c849304 | 0x10;

    /// <param name="builder">After <see cref="ReportBuilder.Finish"/>.</param>
    public static byte[] Write(ReportBuilder builder)
    {
        long beginNs = builder.Traces.Min(trace => trace.BeginNs), endNs = builder.Traces.Max(trace => trace.EndNs);
        var log = new StringBuilder();
        log.Append(CultureInfo.InvariantCulture, $"#[Histogram log format version 1.3]\n");
        log.Append(CultureInfo.InvariantCulture, $"#[StartTime: {beginNs / 1e9:0.000} (seconds since epoch), {UnixTime.From(beginNs):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}]\n");
        log.Append("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n");
        Write(log, builder.All.Distributions, group: "", beginNs, endNs);
        foreach (Grouping grouping in builder.Groupings)
        {
            foreach ((GroupKey key, Group group) in grouping.Largest)
                Write(log, group.Distributions, "/" + TagOf(key.Name(grouping.By)), beginNs, endNs);
        }
        return Encoding.UTF8.GetBytes(log.ToString());
    }

    private static void Write(StringBuilder log, Distributions distributions, string group, long beginNs, long endNs)
    {
        foreach (Metric metric in Metrics.All)
        {
            if (distributions[metric] is not { } histogram)
                continue;
            log.Append(CultureInfo.InvariantCulture,
                $"Tag={Metrics.Name(metric)}{group},{beginNs / 1e9:0.000},{(endNs - beginNs) / 1e9:0.000},{histogram.Max / MaxUnitNs:0.000},{Encode(histogram)}\n");
        }
    }

    /// <summary>What ends a tag, and what a reader of logs may stumble over, becomes an underscore.</summary>
    private static string TagOf(string name) =>
        string.Concat(name.Select(c => c is ',' or ' ' or '"' || char.IsControl(c) ? '_' : c));

    /// <summary>The compressed V2 encoding, in base64: a cookie, a length, and what zlib makes of the histogram.</summary>
    private static string Encode(PagedHistogram histogram)
    {
        // The package encodes the whole array of counters, which only its own histograms have.
        var whole = new LongHistogram(1, PagedHistogram.MaxValue, PagedHistogram.Digits);
        foreach ((long from, _, long count) in histogram.Counters())
            whole.RecordValueWithCount(from, count);
        ByteBuffer plain = ByteBuffer.Allocate(whole.GetNeededByteBufferCapacity());
        int length = whole.Encode(plain, HistogramEncoderV2.Instance);
        using var compressed = new MemoryStream();
        compressed.Write(new byte[8]);
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(Contents(plain, length));
        byte[] bytes = compressed.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes, CompressedCookie);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), bytes.Length - 8);
        return Convert.ToBase64String(bytes);
    }

    private static byte[] Contents(ByteBuffer buffer, int length)
    {
        byte[] bytes = new byte[length];
        buffer.Position = 0;
        for (int i = 0; i < length; i++)
            bytes[i] = buffer.Get();
        return bytes;
    }
}

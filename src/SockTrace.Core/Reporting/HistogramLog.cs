using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

using SockTrace.Host;
namespace SockTrace.Reporting;

/// <summary>
/// The distributions as an HdrHistogram log, version 1.3: a line a metric, tagged with its name,
/// and one for each group, tagged <c>metric/group</c>.
/// </summary>
internal static class HistogramLog
{
    /// <summary>The unit of the third column, Interval_Max: milliseconds, as everybody's.</summary>
    private const double MaxUnitNs = 1e6;

    /// <summary>Of the V2 encoding, plain and compressed; 0x10 says that counters are of any length.</summary>
    private const int Cookie = 0x1c849303 | 0x10, CompressedCookie = 0x1c849304 | 0x10;

    private const int HeaderLength = 40;

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
        using var compressed = new MemoryStream();
        compressed.Write(new byte[8]);
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(EncodePlain(histogram));
        byte[] bytes = compressed.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes, CompressedCookie);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), bytes.Length - 8);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>A header, and the counters from the first on; so many zeros in a row are one negative number.</summary>
    private static byte[] EncodePlain(PagedHistogram histogram)
    {
        var counters = new List<byte>();
        int next = 0;
        foreach ((int index, long count) in histogram.Counts())
        {
            if (index > next)
                Append(counters, next - index);
            Append(counters, count);
            next = index + 1;
        }
        byte[] plain = new byte[HeaderLength + counters.Count];
        BinaryPrimitives.WriteInt32BigEndian(plain, Cookie);
        BinaryPrimitives.WriteInt32BigEndian(plain.AsSpan(4), counters.Count);
        BinaryPrimitives.WriteInt32BigEndian(plain.AsSpan(12), PagedHistogram.Digits); // after the offset of the first counter, 0
        BinaryPrimitives.WriteInt64BigEndian(plain.AsSpan(16), 1);
        BinaryPrimitives.WriteInt64BigEndian(plain.AsSpan(24), PagedHistogram.MaxValue);
        BinaryPrimitives.WriteDoubleBigEndian(plain.AsSpan(32), 1);
        counters.CopyTo(plain, HeaderLength);
        return plain;
    }

    /// <summary>The sign in the lowest bit, then seven bits a byte, the lowest first; the ninth byte has eight.</summary>
    private static void Append(List<byte> bytes, long value)
    {
        ulong rest = (ulong)((value << 1) ^ (value >> 63));
        for (int i = 0; i < 8 && rest > 0x7F; i++)
        {
            bytes.Add((byte)(rest | 0x80));
            rest >>= 7;
        }
        bytes.Add((byte)rest);
    }
}

namespace SockTrace.Reporting;

/// <summary>A distribution in numbers, as reports show it. Percentiles are true to a thousandth, the rest exactly.</summary>
internal sealed record Distribution
{
    private static readonly double[] Quantiles = [0.5, 0.9, 0.99, 0.999];

    public required long Count { get; init; }

    /// <summary>How many of them were worked out, and not measured; null where none can be.</summary>
    public long? Inferred { get; init; }

    public required long MinNs { get; init; }
    public required long MeanNs { get; init; }
    public required long P50Ns { get; init; }
    public required long P90Ns { get; init; }
    public required long P99Ns { get; init; }
    public required long P999Ns { get; init; }
    public required long MaxNs { get; init; }

    /// <summary>For drawing: [from, below, count], a quarter of an octave each. Null where it is not to be drawn.</summary>
    public IReadOnlyList<long[]>? Buckets { get; init; }

    /// <summary>For drawing: [percentile, ns], closer and closer to 100.</summary>
    public IReadOnlyList<double[]>? Percentiles { get; init; }

    /// <param name="histogram">Has at least one value.</param>
    /// <param name="inferred">See <see cref="Inferred"/>.</param>
    /// <param name="isDrawn">Whether buckets and percentiles are wanted.</param>
    public static Distribution Of(PagedHistogram histogram, long? inferred, bool isDrawn)
    {
        long[] at = ValuesAt(histogram, Quantiles);
        return new Distribution
        {
            Count = histogram.TotalCount,
            Inferred = inferred,
            MinNs = histogram.Min,
            MeanNs = (long)(histogram.Sum / histogram.TotalCount),
            P50Ns = at[0],
            P90Ns = at[1],
            P99Ns = at[2],
            P999Ns = at[3],
            MaxNs = histogram.Max,
            Buckets = isDrawn ? BucketsOf(histogram) : null,
            Percentiles = isDrawn ? PercentilesOf(histogram) : null,
        };
    }

    /// <summary>For each quantile the value that so many, rounded up, do not exceed.</summary>
    /// <param name="quantiles">From 0 to 1, rising.</param>
    private static long[] ValuesAt(PagedHistogram histogram, ReadOnlySpan<double> quantiles)
    {
        long[] values = new long[quantiles.Length];
        int next = 0;
        long seen = 0;
        foreach ((_, long to, long count) in histogram.Counters())
        {
            seen += count;
            for (; next < values.Length && seen >= RankOf(quantiles[next], histogram.TotalCount); next++)
                values[next] = Math.Clamp(to, histogram.Min, histogram.Max);
        }
        return values;
    }

    /// <summary>The rank, from 1. What 0.99 × 100 is in binary must not make it 100.</summary>
    private static long RankOf(double quantile, long count) =>
        Math.Clamp((long)Math.Ceiling((quantile * count) - 1e-6), 1, count);

    private static List<long[]> BucketsOf(PagedHistogram histogram)
    {
        var buckets = new List<long[]>();
        foreach ((long from, _, long count) in histogram.Counters())
        {
            (long low, long below) = QuarterOctave(from);
            if (buckets.Count > 0 && buckets[^1][0] == low)
                buckets[^1][2] += count;
            else
                buckets.Add([low, below, count]);
        }
        return buckets;
    }

    /// <summary>The counters are finer and begin where these do, so none falls into two.</summary>
    private static (long From, long Below) QuarterOctave(long value)
    {
        if (value < 4)
            return (value, value + 1);
        long step = 1L << (63 - (int)long.LeadingZeroCount(value) - 2);
        long from = value / step * step;
        return (from, from + step);
    }

    /// <summary>Five points each time that the distance to 100 % halves: as HdrHistogram's own tools step.</summary>
    private static List<double[]> PercentilesOf(PagedHistogram histogram)
    {
        var quantiles = new List<double> { 0 };
        for (double distance = 1; distance * histogram.TotalCount >= 1; distance /= 2)
        {
            for (int i = 1; i <= 5; i++)
                quantiles.Add(1 - distance + (distance / 2 * i / 5));
        }
        quantiles.Add(1);
        long[] values = ValuesAt(histogram, quantiles.ToArray());
        return [.. quantiles.Zip(values, (quantile, value) => (double[])[Math.Round(quantile * 100, 6), value])];
    }
}

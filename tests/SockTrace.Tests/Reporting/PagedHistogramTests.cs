using CsCheck;
using SockTrace.Reporting;

namespace SockTrace.Tests.Reporting;

public sealed class PagedHistogramTests
{
    private static readonly Gen<long> Value = Gen.Select(Gen.Int[0, 55], Gen.Long, (bits, value) => (value & long.MaxValue) >> (63 - bits));

    [Fact]
    public void EveryValueIsCountedInACounterOfItsThousandth() => Value.Array[1, 300].Sample(values =>
    {
        PagedHistogram histogram = Of(values);
        (long From, long To, long Count)[] counters = [.. histogram.Counters()];
        Assert.Equal(values.Length, counters.Sum(counter => counter.Count));
        long before = -1;
        foreach ((long from, long to, long count) in counters)
        {
            Assert.True(before < from && from <= to && to - from <= from / 1000.0);
            Assert.Equal(values.Count(value => Math.Min(value, PagedHistogram.MaxValue) >= from && Math.Min(value, PagedHistogram.MaxValue) <= to), count);
            before = to;
        }
        Assert.Equal((Math.Min(values.Min(), PagedHistogram.MaxValue), Math.Min(values.Max(), PagedHistogram.MaxValue), (Int128)values.Sum(value => Math.Min(value, PagedHistogram.MaxValue))),
            (histogram.Min, histogram.Max, histogram.Sum));
    }, iter: 2000, threads: 1);

    [Fact]
    public void WhatIsPutTogetherIsAsIfItHadBeenOne() => Gen.Select(Value.Array[0, 100], Value.Array[0, 100]).Sample((some, others) =>
    {
        PagedHistogram together = Of(some);
        together.Merge(Of(others));
        PagedHistogram one = Of([.. some, .. others]);
        Assert.Equal(one.Counters(), together.Counters());
        Assert.Equal((one.Min, one.Max, one.Sum, one.TotalCount), (together.Min, together.Max, together.Sum, together.TotalCount));
    }, iter: 1000, threads: 1);

    [Fact]
    public void ACounterGrowsBeyondAByte()
    {
        var histogram = new PagedHistogram();
        for (int i = 0; i < 1000; i++)
        {
            histogram.Record(5);
            histogram.Record(6 + (i % 2));
            Assert.Equal([(5L, i + 1L), (6L, (i / 2) + 1L)], histogram.Counters().Take(2).Select(counter => (counter.From, counter.Count)));
        }
        histogram.Merge(histogram);
        Assert.Equal([(5L, 2000L), (6L, 1000L), (7L, 1000L)], histogram.Counters().Select(counter => (counter.From, counter.Count)));
    }

    [Fact]
    public void BeyondAYearAValueCountsAsTheLimit()
    {
        PagedHistogram histogram = Of([long.MaxValue, PagedHistogram.MaxValue + 1]);
        Assert.Equal((2, PagedHistogram.MaxValue, PagedHistogram.MaxValue), (histogram.TotalCount, histogram.Min, histogram.Max));
    }

    private static PagedHistogram Of(long[] values)
    {
        var histogram = new PagedHistogram();
        foreach (long value in values)
            histogram.Record(value);
        return histogram;
    }
}

using HdrHistogram;

namespace SockTrace.Reporting;

/// <summary>
/// An HdrHistogram of nanoseconds, to three significant digits, whose counters come into being
/// where values fall: most distributions need a hundredth of the full array, and a report
/// holds hundreds of them.
/// </summary>
internal sealed class PagedHistogram : HistogramBase
{
    /// <summary>A year: some connections are that old. Nanoseconds.</summary>
    public const long MaxValue = 366L * 24 * 3600 * 1_000_000_000;

    /// <summary>What two values must differ by to be told apart: a thousandth.</summary>
    public const int Digits = 3;

    private const int PageBits = 6, PageLength = 1 << PageBits;

    private readonly long[]?[] _pages;

    public PagedHistogram() : base(1, MaxValue, Digits) =>
        _pages = new long[]?[((BucketCount + 1) * (SubBucketCount / 2) / PageLength) + 1];

    public override long TotalCount { get; protected set; }

    /// <summary>The smallest value, exactly; long.MaxValue where there is none.</summary>
    public long Min { get; private set; } = long.MaxValue;

    /// <summary>The largest, exactly; -1 where there is none.</summary>
    public long Max { get; private set; } = -1;

    /// <summary>Of all values, exactly.</summary>
    public Int128 Sum { get; private set; }

    protected override int WordSizeInBytes => sizeof(long);

    protected override long MaxAllowableCount => long.MaxValue;

    /// <summary>Counts a value; one beyond the limits as the limit.</summary>
    public void Record(long ns)
    {
        ns = Math.Clamp(ns, 0, MaxValue);
        Min = Math.Min(Min, ns);
        Max = Math.Max(Max, ns);
        Sum += ns;
        RecordValue(ns);
    }

    /// <summary>Adds another's values, and loses nothing.</summary>
    public void Merge(PagedHistogram other)
    {
        Min = Math.Min(Min, other.Min);
        Max = Math.Max(Max, other.Max);
        Sum += other.Sum;
        Add(other);
    }

    /// <summary>
    /// The counters that are not 0, in the order of their values: from, to (both included) and count.
    /// How an index becomes a value is part of the format, which writes the counters by index.
    /// </summary>
    public IEnumerable<(long From, long To, long Count)> Counters()
    {
        int half = SubBucketCount / 2;
        for (int page = 0; page < _pages.Length; page++)
        {
            if (_pages[page] is not { } counts)
                continue;
            for (int i = 0; i < PageLength; i++)
            {
                if (counts[i] == 0)
                    continue;
                int index = (page << PageBits) + i;
                int bucket = Math.Max(0, (index / half) - 1);
                long from = (index - ((long)bucket * half)) << bucket;
                yield return (from, from + (1L << bucket) - 1, counts[i]);
            }
        }
    }

    public override HistogramBase Copy()
    {
        var copy = new PagedHistogram();
        copy.Merge(this);
        return copy;
    }

    protected override long GetCountAtIndex(int index) =>
        _pages[index >> PageBits] is { } page ? page[index & (PageLength - 1)] : 0;

    protected override void SetCountAtIndex(int index, long value)
    {
        if (value != 0 || _pages[index >> PageBits] is not null)
            PageOf(index)[index & (PageLength - 1)] = value;
    }

    protected override void IncrementCountAtIndex(int index)
    {
        PageOf(index)[index & (PageLength - 1)]++;
        TotalCount++;
    }

    protected override void AddToCountAtIndex(int index, long addend)
    {
        PageOf(index)[index & (PageLength - 1)] += addend;
        TotalCount += addend;
    }

    protected override void ClearCounts()
    {
        Array.Clear(_pages);
        TotalCount = 0;
    }

    protected override void CopyCountsInto(long[] target)
    {
        for (int index = 0; index < target.Length; index++)
            target[index] = GetCountAtIndex(index);
    }

    private long[] PageOf(int index) => _pages[index >> PageBits] ??= new long[PageLength];
}

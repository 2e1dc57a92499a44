using System.Numerics;

namespace SockTrace.Reporting;

/// <summary>
/// A histogram of nanoseconds with HdrHistogram's counters for three significant digits, which
/// come into being where values fall: most distributions need a hundredth of the full array,
/// and a report holds thousands of them.
/// </summary>
/// <remarks>
/// Pages of bytes, which become pages of longs where a counter needs it: 600 groups of seven
/// distributions each took 220 MB with pages of longs alone, and 45 MB so.
/// </remarks>
internal sealed class PagedHistogram
{
    /// <summary>A year: some connections are that old. Nanoseconds.</summary>
    public const long MaxValue = 366L * 24 * 3600 * 1_000_000_000;

    /// <summary>What two values must differ by to be told apart: a thousandth.</summary>
    public const int Digits = 3;

    private const int PageBits = 6, PageLength = 1 << PageBits;

    /// <summary>The first 2048 values have a counter each; from there on half as many share an octave.</summary>
    private const int HalfBits = 10;

    /// <summary>From <see cref="_firstPage"/> on: null, byte[] or long[].</summary>
    private Array?[] _pages = [];

    private int _firstPage;

    /// <summary>Values that were counted.</summary>
    public long TotalCount { get; private set; }

    /// <summary>The smallest value, exactly; long.MaxValue where there is none.</summary>
    public long Min { get; private set; } = long.MaxValue;

    /// <summary>The largest, exactly; -1 where there is none.</summary>
    public long Max { get; private set; } = -1;

    /// <summary>Of all values, exactly.</summary>
    public Int128 Sum { get; private set; }

    /// <summary>Counts a value; one beyond the limits as the limit.</summary>
    public void Record(long ns)
    {
        ns = Math.Clamp(ns, 0, MaxValue);
        Min = Math.Min(Min, ns);
        Max = Math.Max(Max, ns);
        Sum += ns;
        Count(IndexOf(ns), 1);
    }

    /// <summary>Adds another's values, and loses nothing.</summary>
    public void Merge(PagedHistogram other)
    {
        Min = Math.Min(Min, other.Min);
        Max = Math.Max(Max, other.Max);
        Sum += other.Sum;
        foreach ((int index, long count) in other.Counts())
            Count(index, count);
    }

    /// <summary>The counters that are not 0, in the order of their values: from, to (both included) and count.</summary>
    public IEnumerable<(long From, long To, long Count)> Counters()
    {
        foreach ((int index, long count) in Counts())
        {
            int bucket = Math.Max(0, (index >> HalfBits) - 1);
            long from = (index - ((long)bucket << HalfBits)) << bucket;
            yield return (from, from + (1L << bucket) - 1, count);
        }
    }

    /// <summary>The same by index: so the log's format has them.</summary>
    public IEnumerable<(int Index, long Count)> Counts()
    {
        for (int page = 0; page < _pages.Length; page++)
        {
            if (_pages[page] is not { } counts)
                continue;
            for (int i = 0; i < PageLength; i++)
            {
                long count = counts is byte[] small ? small[i] : ((long[])counts)[i];
                if (count != 0)
                    yield return (((page + _firstPage) << PageBits) + i, count);
            }
        }
    }

    /// <summary>The counter of a value.</summary>
    private static int IndexOf(long value)
    {
        int bucket = BitOperations.Log2((ulong)value | ((2 << HalfBits) - 1)) - HalfBits;
        return (bucket << HalfBits) + (int)(value >> bucket);
    }

    private void Count(int index, long by)
    {
        TotalCount += by;
        ref Array? page = ref PageOf(index >> PageBits);
        int at = index & (PageLength - 1);
        if (page is byte[] small)
        {
            long count = small[at] + by;
            if (count <= byte.MaxValue)
            {
                small[at] = (byte)count;
                return;
            }
            long[] large = new long[PageLength];
            for (int i = 0; i < PageLength; i++)
                large[i] = small[i];
            page = large;
        }
        ((long[])page!)[at] += by;
    }

    private ref Array? PageOf(int number)
    {
        int page = number - _firstPage;
        if ((uint)page >= (uint)_pages.Length)
        {
            // One page more in front, or as many as are needed behind.
            int first = _pages.Length == 0 ? number : Math.Min(number, _firstPage);
            int end = _pages.Length == 0 ? number + 1 : Math.Max(number + 1, _firstPage + _pages.Length);
            var wider = new Array?[end - first];
            _pages.CopyTo(wider, _pages.Length == 0 ? 0 : _firstPage - first);
            (_pages, _firstPage) = (wider, first);
            page = number - first;
        }
        ref Array? found = ref _pages[page];
        found ??= new byte[PageLength];
        return ref found;
    }
}

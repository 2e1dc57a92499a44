using System.Globalization;

namespace SockTrace.Host;

/// <summary>The ports that connect() chooses from: ip_local_port_range less ip_local_reserved_ports.</summary>
/// <param name="Low">The lowest; it counts.</param>
/// <param name="High">The highest; it counts too.</param>
/// <param name="Reserved">Reserved ports, as (first, last), both counted; sorted, and none twice: so the kernel prints them.</param>
internal sealed record PortRange(ushort Low, ushort High, IReadOnlyList<(ushort First, ushort Last)> Reserved)
{
    /// <summary>How many ports there are: 32768 to 60999 is 28232.</summary>
    public int Size { get; private init; } = SizeOf(Low, High, Reserved);

    /// <summary>One of which no more is known than how many ports there are.</summary>
    public static PortRange OfSize(int size) => new(1, ushort.MaxValue, []) { Size = size };

    /// <summary>Whether connect() may choose this port.</summary>
    public bool Contains(ushort port)
    {
        if (port < Low || port > High)
            return false;
        int from = 0, to = Reserved.Count;
        while (from < to)
        {
            int middle = (from + to) / 2;
            (ushort first, ushort last) = Reserved[middle];
            if (port < first)
                to = middle;
            else if (port > last)
                from = middle + 1;
            else
                return false;
        }
        return true;
    }

    /// <summary>The part of it that lies in a socket's own range (IP_LOCAL_PORT_RANGE), where it has one.</summary>
    /// <param name="own">low | high &lt;&lt; 16; 0 in a half leaves the namespace's.</param>
    public PortRange Within(uint own)
    {
        ushort low = (ushort)own, high = (ushort)(own >> 16);
        ushort newLow = low != 0 && low >= Low && low <= High ? low : Low;
        ushort newHigh = high != 0 && high >= Low && high <= High ? high : High;
        return own == 0 || newLow > newHigh ? this : new PortRange(newLow, newHigh, Reserved);
    }

    /// <summary>Parses the two sysctls as the kernel prints them: <c>32768\t60999</c> and <c>8080,9000-9010</c>.</summary>
    public static PortRange? Parse(string? range, string? reserved)
    {
        string[] ends = (range ?? "").Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
        if (ends.Length != 2 || !TryParse(ends[0], out ushort low) || !TryParse(ends[1], out ushort high) || low > high)
            return null;
        var spans = new List<(ushort, ushort)>();
        foreach (string span in (reserved ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] firstAndLast = span.Split('-');
            if (TryParse(firstAndLast[0], out ushort first) && TryParse(firstAndLast[^1], out ushort last))
                spans.Add((first, last));
        }
        return new PortRange(low, high, Merge(spans));
    }

    /// <summary>Sorts spans of ports, and joins those that overlap or adjoin.</summary>
    public static List<(ushort First, ushort Last)> Merge(IEnumerable<(ushort First, ushort Last)> spans)
    {
        var merged = new List<(ushort First, ushort Last)>();
        foreach ((ushort first, ushort last) in spans.Order())
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1)
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            else
                merged.Add((first, last));
        }
        return merged;
    }

    /// <summary>As ip_local_reserved_ports takes them: <c>8080,9000-9010</c>.</summary>
    public static string SpansText(IEnumerable<(ushort First, ushort Last)> spans) =>
        string.Join(',', spans.Select(span => span.First == span.Last ? $"{span.First}" : $"{span.First}-{span.Last}"));

    private static int SizeOf(ushort low, ushort high, IReadOnlyList<(ushort First, ushort Last)> reserved)
    {
        int size = high - low + 1;
        foreach ((ushort first, ushort last) in reserved)
            size -= Math.Max(0, Math.Min(high, last) - Math.Max(low, first) + 1);
        return size;
    }

    private static bool TryParse(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
}

namespace SockTrace.Reporting;

/// <summary>Two reports side by side: before and after a change.</summary>
internal sealed record Comparison
{
    public int Schema { get; init; } = 1;
    public required Report Before { get; init; }
    public required Report After { get; init; }

    /// <summary>What both can tell, in the order in which to read it.</summary>
    public required IReadOnlyList<Change> Changes { get; init; }
}

/// <summary>One number, before and after.</summary>
/// <param name="Name">As it is called in the report.</param>
/// <param name="Unit">ns, per_s, ratio or count.</param>
/// <param name="Before">Null where there is none.</param>
/// <param name="After">Likewise.</param>
/// <param name="Ratio">After ÷ before; null where either is missing or before is 0.</param>
/// <param name="Verdict">better, worse, same, or different where neither is better.</param>
internal sealed record Change(string Name, string Unit, double? Before, double? After, double? Ratio, string Verdict);

using System.Globalization;
using SockTrace.Reporting;

namespace SockTrace.Ports;

/// <summary>The budget as text of 80 columns: how near the end is, then the pools, what to do, and the settings.</summary>
internal static class PortsText
{
    public const int Width = 80;

    private const int MaxPools = 20;
    private const string Bad = "1;31", Near = "1;33", Dim = "2";

    /// <param name="budget">What there is.</param>
    /// <param name="hasColours">Whether it goes to a terminal that may have them.</param>
    /// <param name="isShort">Only what changes from look to look: not what to do, nor the settings.</param>
    public static byte[] Write(PortBudget budget, bool hasColours, bool isShort = false)
    {
        var page = new TextPage(Width, hasColours);
        Verdict? verdict = Verdict.Of(budget);
        WriteVerdict(page, verdict);
        WriteNotes(page, budget);
        WritePools(page, budget);
        if (isShort)
        {
            page.Line();
            page.Line("What to do, and the settings: without --watch.", Dim);
            return page.ToUtf8();
        }
        if (verdict is { IsBusy: true })
            PortAdvice.Write(page, verdict);
        NamespacePorts[] busy = [.. budget.Namespaces.Where(space => !space.IsQuiet)];
        if (busy.Length == 0)
            busy = [budget.Namespaces[0]];
        foreach (NamespacePorts space in busy)
            NamespaceText.Write(page, space);
        WriteQuiet(page, budget.Namespaces.Count - busy.Length);
        return page.ToUtf8();
    }

    /// <summary>How a namespace is told from others; empty for our own.</summary>
    public static string Where(NamespacePorts space) => space.IsOwn ? ""
        : space.Comm is null ? $" in netns {space.Name ?? $"{space.Netns}"}"
        : $" in the netns of {space.Comm} ({space.Pid})";

    private static void WriteVerdict(TextPage page, Verdict? verdict)
    {
        if (verdict is null)
        {
            page.Line("No connection holds a port of the range now.");
            return;
        }
        page.Paragraph(verdict.Headline, "", "  ", verdict.IsExhausted ? Bad : verdict.IsNear ? Near : "");
        if (!verdict.IsBusy)
            return;
        page.Paragraph(verdict.Use, "  ", "  ");
        page.Paragraph(verdict.Who, "  ", "  ");
        if (verdict.Command is not null)
            page.Line("    " + verdict.Command);
    }

    private static void WriteNotes(TextPage page, PortBudget budget)
    {
        if (!budget.IsPrivileged)
            Note(page, "Seen as an ordinary user: only this network namespace, and only the owners of one's own sockets. Root sees all.");
        else if (budget.Refused > 0)
            Note(page, $"{Words.Count(budget.Refused, "network namespace")} could not be entered, which takes CAP_SYS_ADMIN.");
        foreach (string reason in budget.Namespaces.Select(space => space.SourceReason).OfType<string>().Distinct())
            Note(page, $"Read from /proc/net/tcp, which is slower and does not show sockets that are merely bound ({reason}).");
    }

    private static void Note(TextPage page, string text) => page.Paragraph(text, "  ! ", "    ");

    private static void WritePools(TextPage page, PortBudget budget)
    {
        if (budget.Pools.Count == 0)
            return;
        (NamespacePorts Namespace, PoolPorts Pool)[] shown = [.. budget.Pools.Take(MaxPools)];
        bool hasOrphans = shown.Any(row => row.Pool.FinWait2 > 0), hasReusable = shown.Any(row => row.Pool.TimeWaitReusable > 0);
        bool hasSeveral = shown.Any(row => row.Namespace != shown[0].Namespace);
        page.Line();
        string[][] cells =
        [
            Cells(["USED", "TAKEN", "LIVE", "TIME_WAIT"], "REUSABLE", "FIN_WAIT2", "FREE", "NEXT IN"),
            .. shown.Select(row => row.Pool).Select(pool => Cells(
                [Percent(pool.Share), Number(pool.Taken), Number(pool.Live), Number(pool.TimeWait)],
                Number(pool.TimeWaitReusable), Number(pool.FinWait2), Number(pool.Free),
                pool.TimeWaitNextNs is long next ? Seconds(next) : "-")),
        ];
        int[] widths = [.. cells[0].Select((_, column) => cells.Max(row => row[column].Length))];
        for (int i = 0; i < cells.Length; i++)
        {
            string numbers = string.Join("  ", cells[i].Select((cell, column) => cell.PadLeft(widths[column])));
            if (i == 0)
                page.Line($"{numbers}  TO", Dim);
            else
                WritePool(page, numbers, hasSeveral ? $"netns {shown[i - 1].Namespace.Name ?? $"{shown[i - 1].Namespace.Netns}"}" : "", shown[i - 1].Pool);
        }
        if (budget.Pools.Count > shown.Length)
            page.Line($"and {Words.Count(budget.Pools.Count - shown.Length, "pool")} more, none of them fuller (--json has all)");

        string[] Cells(string[] first, string reusable, string orphans, string free, string next) =>
            [.. first, .. hasReusable ? [reusable] : Array.Empty<string>(), .. hasOrphans ? [orphans] : Array.Empty<string>(), free, next];
    }

    /// <summary>Where the rest does not fit beside the destination it stands below.</summary>
    private static void WritePool(TextPage page, string numbers, string netns, PoolPorts pool)
    {
        string colour = pool.IsFilling ? pool.IsExhausted ? Bad : Near : "";
        string line = $"{numbers}  {pool.Destination}";
        string rest = string.Join("  ", new[] { $"from {pool.Laddr}", Holder(pool), netns }.Where(text => text.Length > 0));
        if (line.Length > Width)
        {
            page.Line(numbers, colour);
            line = pool.Destination.PadLeft(Width);
        }
        if (line.Length + 2 + rest.Length > Width)
        {
            page.Line(line, colour);
            line = new string(' ', Math.Max(0, Math.Min(numbers.Length, Width - 2 - rest.Length)));
        }
        page.Line($"{line}  {rest}", colour);
    }

    private static string Holder(PoolPorts pool) => pool.Comm is null ? ""
        : $"live by {pool.Comm} ({pool.Pid}){(pool.Held == pool.Live ? "" : $": {pool.Held}")}";

    private static void WriteQuiet(TextPage page, int count)
    {
        if (count == 0)
            return;
        page.Line();
        page.Line(count == 1 ? "1 more network namespace: no connection from its range"
            : $"{Number(count)} more network namespaces: no connection from their ranges");
    }

    /// <summary>Never 100 where one is free, nor 0 where one is taken.</summary>
    private static string Percent(double share) => share switch
    {
        > 0 and < 0.01 => "<1 %",
        > 0.99 and < 1 => ">99 %",
        _ => (share * 100).ToString("0", CultureInfo.InvariantCulture) + " %",
    };

    private static string Seconds(long ns) => (ns / 1e9).ToString("0.0", CultureInfo.InvariantCulture) + " s";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;

namespace SockTrace.Host;

/// <summary>
/// The kernel's own counters of a network namespace, from /proc/net/snmp (Tcp) and netstat
/// (TcpExt), whose names these are.
/// </summary>
/// <param name="TW">
/// With TWKilled: __inet_twsk_schedule() counts there what it gives 4 s or less, and that may be
/// an orphan (tcp_fin_timeout, TCP_LINGER2) as well as one whose TIME_WAIT comes after.
/// </param>
internal readonly record struct KernelCounters(
    long ActiveOpens, long PassiveOpens, long AttemptFails, long EstabResets, long TW, long TWRecycled, long TCPTimeWaitOverflow)
{
    /// <summary>Takes what is wanted out of the two files; what else they hold need not be understood.</summary>
    /// <returns>Null where they are not what they should be.</returns>
    public static KernelCounters? Parse(string? snmp, string? netstat)
    {
        if (!TryFind(snmp, "Tcp:", out string[] names, out string[] values)
            || !TryFind(netstat, "TcpExt:", out string[] moreNames, out string[] moreValues))
            return null;
        string[] allNames = [.. names, .. moreNames], allValues = [.. values, .. moreValues];
        bool areAllNumbers = true;
        // One that this kernel does not have stays 0.
        long Of(string name) => Array.IndexOf(allNames, name) is int at and >= 0 ? Number(allValues[at]) : 0;
        long Number(string text)
        {
            areAllNumbers &= long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value);
            return value;
        }

        var counters = new KernelCounters(Of(nameof(ActiveOpens)), Of(nameof(PassiveOpens)), Of(nameof(AttemptFails)), Of(nameof(EstabResets)),
            Of(nameof(TW)) + Of("TWKilled"), Of(nameof(TWRecycled)), Of(nameof(TCPTimeWaitOverflow)));
        return areAllNumbers ? counters : null;
    }

    /// <summary>A group is a pair of lines: names, then values.</summary>
    private static bool TryFind(string? text, string group, out string[] names, out string[] values)
    {
        string[] lines = (text ?? "").Split('\n');
        int line = Array.FindIndex(lines, line => line.StartsWith(group, StringComparison.Ordinal));
        names = line < 0 ? [] : lines[line].Split(' ');
        values = line < 0 || line + 1 >= lines.Length ? [] : lines[line + 1].Split(' ');
        return names.Length > 0 && names.Length == values.Length;
    }

    /// <summary>Whether any is less than before: they only grow, so these are another namespace's.</summary>
    public bool IsBehind(in KernelCounters before)
    {
        KernelCounters grown = this - before;
        return (grown.ActiveOpens | grown.PassiveOpens | grown.AttemptFails | grown.EstabResets | grown.TW | grown.TWRecycled
            | grown.TCPTimeWaitOverflow) < 0;
    }

    public static KernelCounters operator -(KernelCounters a, KernelCounters b) => new(
        a.ActiveOpens - b.ActiveOpens, a.PassiveOpens - b.PassiveOpens, a.AttemptFails - b.AttemptFails,
        a.EstabResets - b.EstabResets, a.TW - b.TW, a.TWRecycled - b.TWRecycled, a.TCPTimeWaitOverflow - b.TCPTimeWaitOverflow);
}

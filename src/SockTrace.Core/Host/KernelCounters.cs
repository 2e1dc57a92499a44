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
    /// <summary>Those of the namespace that the calling thread is in.</summary>
    /// <returns>Null where they cannot be read.</returns>
    public static KernelCounters? Read()
    {
        var counters = new Dictionary<string, long>();
        foreach ((string file, string group) in (ReadOnlySpan<(string, string)>)[("snmp", "Tcp:"), ("netstat", "TcpExt:")])
        {
            string[] lines = (HostFacts.ReadLine($"/proc/thread-self/net/{file}") ?? "").Split('\n');
            // Pairs of lines: names, then values.
            int names = Array.FindIndex(lines, line => line.StartsWith(group, StringComparison.Ordinal));
            if (names < 0 || names + 1 >= lines.Length)
                return null;
            foreach ((string name, string value) in lines[names].Split(' ').Zip(lines[names + 1].Split(' ')).Skip(1))
                counters[name] = long.Parse(value, CultureInfo.InvariantCulture);
        }
        return new KernelCounters(
            counters.GetValueOrDefault(nameof(ActiveOpens)), counters.GetValueOrDefault(nameof(PassiveOpens)),
            counters.GetValueOrDefault(nameof(AttemptFails)), counters.GetValueOrDefault(nameof(EstabResets)),
            counters.GetValueOrDefault(nameof(TW)) + counters.GetValueOrDefault("TWKilled"), counters.GetValueOrDefault(nameof(TWRecycled)),
            counters.GetValueOrDefault(nameof(TCPTimeWaitOverflow)));
    }

    public static KernelCounters operator -(KernelCounters a, KernelCounters b) => new(
        a.ActiveOpens - b.ActiveOpens, a.PassiveOpens - b.PassiveOpens, a.AttemptFails - b.AttemptFails,
        a.EstabResets - b.EstabResets, a.TW - b.TW, a.TWRecycled - b.TWRecycled, a.TCPTimeWaitOverflow - b.TCPTimeWaitOverflow);
}

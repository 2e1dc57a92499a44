using SockTrace.Reporting;

namespace SockTrace.Ports;

/// <summary>The settings of a network namespace, what its sockets do, and what listens where connect() takes ports.</summary>
internal static class NamespaceText
{
    private const int MaxListeners = 10;
    private const string Margin = "                ";

    public static void Write(TextPage page, NamespacePorts space)
    {
        string whose = space.IsOwn ? "this one" : space.Name ?? (space.Comm is null ? $"of {space.Pid}" : $"of {space.Comm}, {space.Pid}");
        page.Heading($"Network namespace {space.Netns} ({whose})");
        Item(page, "range", $"{space.PortRange}, {(space.Reserved == 0 ? "none" : $"{space.Reserved} of them")} reserved: {space.Size} ports, "
            + $"which bear {Words.Rate(space.SustainablePerSecond)} connections a second to each destination");
        Item(page, "TIME_WAIT", "60 s, compiled into the kernel; "
            + $"{space.TwBuckets}{(space.MaxTwBuckets is long most ? $" of {most}" : "")} buckets used (tcp_max_tw_buckets)");
        Item(page, "tcp_tw_reuse", Reuse(space));
        if (space.FinTimeoutS is long fin)
            Item(page, "fin_timeout", $"{fin} s: for orphans in FIN_WAIT2, not for TIME_WAIT");
        IEnumerable<string> sockets = space.States.OrderByDescending(state => state.Value).Select(state => $"{state.Key} {state.Value}");
        if (space.Bound > 0)
            sockets = sockets.Append($"bound only {space.Bound}");
        Item(page, "sockets", string.Join(", ", sockets.DefaultIfEmpty("none")));
        WriteListeners(page, space);
    }

    private static void Item(TextPage page, string name, string text) => page.Paragraph(text, $"  {name,-12}  ", Margin);

    private static string Reuse(NamespacePorts space)
    {
        string after = $"of a TIME_WAIT older than {TimeWaitReuse.Of(space.Settings).AgeText}";
        string timestamps = space.TcpTimestamps == 0 ? ", but tcp_timestamps is 0, and it needs them" : "";
        return space.TwReuse switch
        {
            TimeWaitReuse.Off => "0: off",
            TimeWaitReuse.On => $"1: on, {after}{timestamps}",
            TimeWaitReuse.LoopbackOnly => $"2: on for loopback only, {after}{timestamps}",
            _ => "unknown",
        };
    }

    private static void WriteListeners(TextPage page, NamespacePorts space)
    {
        if (space.Listeners.Count == 0)
            return;
        string listeners = string.Join(", ", space.Listeners.Take(MaxListeners).Select(Show));
        string more = space.Listeners.Count > MaxListeners ? $" and {space.Listeners.Count - MaxListeners} more" : "";
        Item(page, "conflict", $"{Words.Count(space.Listeners.Count, "listener")} in the range: {listeners}{more}. No connect() chooses such a port "
            + "while it is held, and a service that starts later may find a client on its port. This keeps clients off:");
        page.Line($"{Margin}{space.CommandStart}{PortAdvice.ReserveCommand(space, space.Listeners.Select(listener => (ushort)listener.Lport))}");
    }

    private static string Show(ListenerPort listener)
    {
        string laddr = listener.Laddr is "0.0.0.0" or "::" ? "*" : listener.Laddr.Contains(':', StringComparison.Ordinal) ? $"[{listener.Laddr}]" : listener.Laddr;
        return $"{laddr}:{listener.Lport}{(listener.Comm is null ? "" : $" {listener.Comm} ({listener.Pid})")}";
    }
}

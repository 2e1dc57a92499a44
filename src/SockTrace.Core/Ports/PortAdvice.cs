using SockTrace.Host;
using SockTrace.Reporting;

namespace SockTrace.Ports;

/// <summary>What can be done about a pool, the safest first, with the commands, and what each does not do.</summary>
internal static class PortAdvice
{
    private const string Indent = "     ";

    public static void Write(TextPage page, Verdict verdict)
    {
        (NamespacePorts space, PoolPorts pool) = (verdict.Namespace, verdict.Pool);
        page.Heading("What to do, the safest first (nothing has been changed)");
        int number = 0;
        void Item(string text, string[] commands, string but)
        {
            page.Paragraph(text, $" {++number}.  ", Indent);
            foreach (string command in commands)
                page.Line($"{Indent}  {space.CommandStart}{command}");
            page.Paragraph("But " + but, Indent, Indent);
        }

        if (pool.FinWait2 * 2 >= pool.Taken)
            Item(Orphans(space, pool), ["sysctl -w net.ipv4.tcp_fin_timeout=15"], "it does not shorten TIME_WAIT, nor close what a program still holds.");
        bool isLive = pool.Live * 2 >= pool.Taken;
        if (isLive)
            Item(Live(pool), [$"ss -tnpo 'dst {pool.Raddr} and dport = {pool.Rport}'"], "no setting of TIME_WAIT helps here.");
        else
            Item($"{PoolAdvice.KeepConnections} in the application.", [],
                pool.TimeWaitReusable > 0 ? "ports in TIME_WAIT now come back by their timers, or to a connect() that takes them over."
                    : "ports in TIME_WAIT now come back by their timers only.");
        Widen(space, Item);
        Item(PoolAdvice.MoreAddresses, pool.Key.Raddr.IsLoopback ? [] : ["ip address add ADDRESS/PREFIX dev DEVICE"],
            "a further source address is used only by a program that binds it (see below), or by a route's src.");
        if (pool.TimeWait > 0)
            Reuse(space, pool, Item);
        Item("A program that bind()s a source address should set IP_BIND_ADDRESS_NO_PORT. Without it bind(address, 0) chooses the port before "
            + $"the destination is known, and all destinations share the {space.Size} ports of that address.",
            pool.Pid is null || !isLive ? [] : [$"strace -f -e trace=bind,setsockopt -p {pool.Pid}"],
            "it changes nothing for a program that only connect()s.");
        string fin = pool.FinWait2 * 2 >= pool.Taken ? "" : $"tcp_fin_timeout (now {space.FinTimeoutS} s) ends orphans in FIN_WAIT2 only; TIME_WAIT is 60 s, compiled in. ";
        page.Paragraph($"Of no use: {fin}{PoolAdvice.NoRecycle}", " -   ", Indent);
    }

    /// <summary>The command that reserves these ports and all that are reserved already.</summary>
    public static string ReserveCommand(NamespacePorts space, IEnumerable<ushort> ports) =>
        $"sysctl -w net.ipv4.ip_local_reserved_ports={PortRange.SpansText(Reserving(space, ports))}";

    private static List<(ushort First, ushort Last)> Reserving(NamespacePorts space, IEnumerable<ushort> ports) =>
        PortRange.Merge([.. space.Range.Reserved, .. ports.Select(port => (port, port))]);

    private static void Widen(NamespacePorts space, Action<string, string[], string> item)
    {
        ushort[] listening = [.. space.ListeningPorts.Where(port => port >= PoolAdvice.WidestLow)];
        List<(ushort, ushort)> reserved = Reserving(space, listening);
        var widest = new PortRange(PoolAdvice.WidestLow, PoolAdvice.WidestHigh, reserved);
        if (widest.Size <= space.Size)
            return;
        string widen = $"sysctl -w net.ipv4.ip_local_port_range=\"{widest.Low} {widest.High}\"";
        item($"Widen the range, which is {space.PortRange}: {widest.Low}-{widest.High} is {widest.Size} ports and bears "
            + $"{Words.Rate(PoolAdvice.Sustainable(widest.Size))} connections a second"
            + (listening.Length == 0 ? "." : "; first reserve what servers listen on."),
            listening.Length == 0 ? [widen] : [ReserveCommand(space, listening), widen],
            "it frees none that is taken, and lasts until the next boot only, unless it is also in /etc/sysctl.d/. A service that is not running now has no listener: reserve its port too.");
    }

    private static void Reuse(NamespacePorts space, PoolPorts pool, Action<string, string[], string> item)
    {
        var reuse = TimeWaitReuse.Of(space.Settings);
        string condition = PoolAdvice.ReuseCondition(reuse.AgeText);
        const string But = "it does not shorten TIME_WAIT, and helps neither bind() nor toward a peer that sends no timestamps.";
        if (!reuse.HasTimestamps)
            item($"tcp_tw_reuse is {space.TwReuse}, but needs tcp_timestamps, which is 0. With both on, {condition}.",
                ["sysctl -w net.ipv4.tcp_timestamps=1 net.ipv4.tcp_tw_reuse=1"], But);
        else if (reuse.IsOnFor(pool.Key.Laddr, pool.Key.Raddr))
            item($"tcp_tw_reuse is {space.TwReuse}, so it is on toward this destination: {pool.TimeWaitReusable} of the {pool.TimeWait} in TIME_WAIT are older than {reuse.AgeText}, "
                + "and connect() may take over those, if both ends use TCP timestamps.", [], But);
        else
            item($"tcp_tw_reuse is {space.TwReuse}{(reuse.Mode == TimeWaitReuse.LoopbackOnly ? ", loopback only" : "")}. With 1, {condition}.",
                ["sysctl -w net.ipv4.tcp_tw_reuse=1"], But);
    }

    private static string Orphans(NamespacePorts space, PoolPorts pool) =>
        $"{pool.FinWait2} of {pool.Taken} are orphans in FIN_WAIT2: closed here, and the peer does not close its end. tcp_fin_timeout (now {space.FinTimeoutS} s) ends them.";

    private static string Live(PoolPorts pool) =>
        $"{pool.Live} of {pool.Taken} are open connections" + (pool.CloseWait == 0 ? "" : $", of which {pool.CloseWait} stand in CLOSE_WAIT: the peer has closed them and the program has not, which is its fault")
        + ". Close those that are not needed, or bound their number in the application. They are:";
}

using System.CommandLine;
using System.Text;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Pipeline;
using SockTrace.Ports;

namespace SockTrace;

/// <summary><c>socktrace ports</c>: the ephemeral-port budget of this host now.</summary>
internal static class PortsVerb
{
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(2);

    public static Verb Create()
    {
        var netns = new Option<uint?>("--netns")
        {
            Description = "Only this network namespace: an inode, a path, pid:N, or a name of ip netns",
            HelpName = "NETNS",
            CustomParser = OptionParsers.Netns,
        };
        var json = new Option<bool>("--json") { Description = "One object, on one line" };
        var watch = new Option<TimeSpan?>("--watch")
        {
            Description = "Look at the pools again and again, every 2s or as often as this says, until Ctrl-C",
            HelpName = "TIME",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = OptionParsers.WatchInterval,
        };
        var failAbove = new Option<double?>("--fail-above")
        {
            Description = "Exit with 1 if any pool is fuller than this, such as 80%; with --watch, as soon as one is",
            HelpName = "PERCENT",
            CustomParser = OptionParsers.Percentage,
        };
        var verb = new Verb("ports", "Show how many ephemeral ports are left toward whom, and what to do",
            about: "Looks, without tracing, how near the end of its ephemeral ports this host is: toward which destination, by whom, how long "
                + "until ports come back, and what can be done, the safest first. It needs no privilege for the caller's own network namespace.",
            examples:
            [
                new("The budget of this host now, and what to do", "sudo socktrace ports"),
                new("Look again every five seconds", "sudo socktrace ports --watch 5s"),
                new("A health check: fails when a pool is fuller than four fifths", "socktrace ports --fail-above 80% > /dev/null"),
                new("The fullest pool, for a script", "socktrace ports --json | jq '.namespaces[].pools[0]'"),
            ])
        {
            netns, json, watch, failAbove,
        };
        verb.SetAction(parsed =>
        {
            var reader = new PortsReader(parsed.GetValue(netns), ProgramVersion.Text);
            TimeSpan? interval = parsed.GetResult(watch) is null ? null : parsed.GetValue(watch) ?? DefaultInterval;
            return Run(reader, parsed.GetValue(json), interval, parsed.GetValue(failAbove));
        });
        return verb;
    }

    private static int Run(PortsReader reader, bool isJson, TimeSpan? interval, double? failAbove)
    {
        CancellationToken stop = StopSignals.Install().Token;
        bool isTerminal = !isJson && !Console.IsOutputRedirected;
        bool hasColours = isTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        using var output = OutputFile.StandardOutput();
        try
        {
            bool isFirst = true;
            do
            {
                PortBudget budget = reader.Read();
                byte[] text = isJson ? PortsJson.Write(budget) : PortsText.Write(budget, hasColours, isShort: interval is not null);
                if (interval is not null && isTerminal)
                    text = Redrawn(text, isFirst);
                else if (!isJson && !isFirst)
                    text = [(byte)'\n', .. text];
                output.WriteAll(text);
                isFirst = false;
                if (IsAbove(budget, failAbove))
                    return ExitCode.Failed;
            }
            while (interval is TimeSpan pause && !IsStopped(pause, stop));
            return ExitCode.Done;
        }
        catch (SourceUnavailableException e)
        {
            Terminal.Say(e.Message);
            Terminal.Hint(e.Hint);
            return ExitCode.Unavailable;
        }
        catch (OutputException e)
        {
            if (e.IsClosedPipe)
                return ExitCode.Done;
            Terminal.Say(e.Message);
            return ExitCode.Failed;
        }
    }

    /// <summary>Waits; a wait handle does so for no more than 24 days at once.</summary>
    private static bool IsStopped(TimeSpan pause, CancellationToken stop)
    {
        var day = TimeSpan.FromDays(1);
        for (TimeSpan left = pause; left > TimeSpan.Zero; left -= day)
        {
            if (stop.WaitHandle.WaitOne(left < day ? left : day))
                return true;
        }
        return false;
    }

    private static bool IsAbove(PortBudget budget, double? share)
    {
        PoolPorts[] above = [.. budget.Pools.Select(pool => pool.Pool).TakeWhile(pool => pool.Share > share)];
        if (above.Length == 0)
            return false;
        string others = above.Length == 1 ? "" : $", and {above.Length - 1} more pools";
        Terminal.Say(FormattableString.Invariant($"{above[0]} is {above[0].Share * 100:0.##} % full{others}: above {share * 100:0.##} %"));
        return true;
    }

    /// <summary>The text over the last one, cut to the terminal's size, which it must not scroll.</summary>
    private static byte[] Redrawn(byte[] text, bool isFirst)
    {
        const string ClearScreen = "\e[2J", Home = "\e[H", ClearLine = "\e[K\n", ClearBelow = "\e[J", WrapOff = "\e[?7l", WrapOn = "\e[?7h";
        string[] lines = Encoding.UTF8.GetString(text).TrimEnd('\n').Split('\n');
        IEnumerable<string> shown = lines.Take(Math.Max(1, (TerminalSize.Rows ?? int.MaxValue) - 1));
        return Encoding.UTF8.GetBytes((isFirst ? ClearScreen : "") + Home + WrapOff + string.Join(ClearLine, shown) + ClearLine + ClearBelow + WrapOn);
    }
}

using SockTrace.Bpf;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Pipeline;
using SockTrace.Tracking;

namespace SockTrace;

/// <summary>Opens a source, runs the loop until it is told to stop, and says how it went.</summary>
internal static class TraceRun
{
    public static int Run(TraceSettings settings, Func<TraceHeader, WallClock, ITraceSink[]> openSinks)
    {
        using var stop = new CancellationTokenSource();
        using var signals = new StopSignals(stop);
        try
        {
            using IEventSource source = Sources.Open(settings);
            if (settings.Verbose)
                ShowAttached(source);
            return Run(settings, source, openSinks, stop.Token);
        }
        catch (SourceUnavailableException e)
        {
            Terminal.Say(e.Message);
            Terminal.Hint(e.Hint);
            ShowBpfLog(settings.Verbose);
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

    private static int Run(
        TraceSettings settings, IEventSource source, Func<TraceHeader, WallClock, ITraceSink[]> openSinks,
        CancellationToken stop)
    {
        var clock = new WallClock();
        ITraceSink[] sinks = openSinks(HeaderOf(settings, source), clock);
        try
        {
            var options = new TrackerOptions
            {
                MaxConnections = settings.MaxConnections,
                MaxPorts = settings.MaxConnections,
                Filter = settings.Filter,
                TimeWait = source.TimeWait,
                TimeWaitIsCountedAtExpiry = source.TimeWaitIsCountedAtExpiry,
                Namespaces = new NetworkNamespaces(settings.Filter.Netns),
            };
            var tracker = new ConnectionTracker(options, sinks);
            var loop = new TraceLoop(source, tracker, options, settings.StatsInterval, sinks, clock, settings.Verbose ? Terminal.Say : null);
            if (settings.Verbose)
                Terminal.Say("tracing");
            int exitCode = RunToEnd(loop, sinks, settings.Duration, stop);
            Summarise(loop.Totals);
            return exitCode;
        }
        finally
        {
            foreach (ITraceSink sink in sinks)
                sink.Dispose();
        }
    }

    private static int RunToEnd(TraceLoop loop, ITraceSink[] sinks, TimeSpan? duration, CancellationToken stop)
    {
        try
        {
            loop.Run(duration, stop);
            return ExitCode.Done;
        }
        catch (OutputException e)
        {
            EndAll(sinks, loop.Totals, e.Message);
            if (e.IsClosedPipe)
                return ExitCode.Done;
            Terminal.Say(e.Message);
            return ExitCode.Failed;
        }
        catch (SourceFailedException e)
        {
            EndAll(sinks, loop.Totals, known: null);
            Terminal.Say(e.Message);
            return ExitCode.Failed;
        }
    }

    /// <summary>What was seen until the failure still gets its end, wherever it can be written.</summary>
    private static void EndAll(ITraceSink[] sinks, TraceTotals totals, string? known)
    {
        foreach (ITraceSink sink in sinks)
        {
            try
            {
                sink.OnEnd(totals);
            }
            catch (OutputException e)
            {
                if (e.Message != known && !e.IsClosedPipe)
                    Terminal.Say(e.Message);
            }
        }
    }

    private static void Summarise(TraceTotals totals)
    {
        string shown = totals.Shown == totals.Events ? "" : $"{totals.Shown} shown of ";
        string lost = totals.Lost == 0
            ? "none lost"
            : $"{totals.Lost} lost (ring {totals.LostRing}, kernel {totals.LostKernel}, queue {totals.LostQueue}, table {totals.LostTable})";
        Terminal.Say($"{shown}{totals.Events} transitions, {lost}, {totals.Unmatched} unmatched");
    }

    private static TraceHeader HeaderOf(TraceSettings settings, IEventSource source) => new()
    {
        Version = ProgramVersion.Text,
        Host = HostFacts.HostName,
        BootId = HostFacts.BootId,
        Kernel = HostFacts.KernelRelease,
        Source = source.Name,
        TimeWait = source.TimeWait is TimeWaitSight.Timers or TimeWaitSight.Functions ? "measured" : "inferred",
        Filters = settings.FilterText,
        Settings = NetworkSettings.Read(),
    };

    private static void ShowAttached(IEventSource source)
    {
        foreach (string hook in source.Attached)
            Terminal.Say($"attached {hook}");
        ShowBpfLog(all: true);
    }

    private static void ShowBpfLog(bool all)
    {
        foreach (string line in all ? BpfLog.Tail() : BpfLog.Tail(5))
            Terminal.Detail(line);
    }
}

using SockTrace.Bpf;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Pipeline;
using SockTrace.Replay;
using SockTrace.Tracking;

namespace SockTrace;

/// <summary>Opens a source, runs the loop until it is told to stop, and says how it went.</summary>
internal static class TraceRun
{
    /// <param name="settings">What was asked for.</param>
    /// <param name="openSinks">Opens the outputs, once the source is there.</param>
    /// <param name="onHangUp">What SIGHUP does; null where it ends the run.</param>
    public static int Run(
        TraceSettings settings, Func<RunStart, ITraceSink[]> openSinks, Action? onHangUp = null)
    {
        CancellationTokenSource stop = StopSignals.Install(onHangUp);
        try
        {
            LookForNetns(settings.NetnsNumber);
            using IEventSource source = Sources.Open(settings);
            LookForCgroup(settings.CgroupNumber);
            if (settings.Verbose)
                ShowAttached(source);
            return Run(settings, source, openSinks, stop);
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
            Terminal.Say(e.Message);
            return ExitCode.Failed;
        }
    }

    /// <summary>Runs a trace through the same loop, until it ends or is told to.</summary>
    /// <param name="source">The trace.</param>
    /// <param name="filter">Which connections are meant.</param>
    /// <param name="maxConnections">How many are followed at once.</param>
    /// <param name="openSinks">Opens the outputs.</param>
    public static int Replay(
        TraceSource source, TraceFilter filter, int maxConnections, Func<WallClock, CancellationTokenSource, ITraceSink[]> openSinks)
    {
        CancellationTokenSource stop = StopSignals.Install();
        var options = new TrackerOptions
        {
            MaxConnections = maxConnections,
            MaxPorts = maxConnections,
            Filter = filter,
            FromNs = source.FromNs,
            TimeWait = source.TimeWait,
            Ranges = source.RangeOf,
        };
        // Its times are the wall clock's already.
        var clock = WallClock.Fixed(0);
        return Run(source, options, openSinks(clock, stop), clock, TraceSettings.DefaultStatsInterval, duration: null, isVerbose: false, stop.Token);
    }

    /// <exception cref="SourceUnavailableException">There is none of this number: the trace would be empty.</exception>
    private static void LookForNetns(uint? number)
    {
        if (number is uint inode && NetnsVisitor.Exists(inode) == false)
            throw new SourceUnavailableException(NetworkNamespace.NotSeen(inode),
                "lsns -t net lists those that there are; one that no process is in can be given by a path that leads to it");
    }

    /// <summary>Cgroups come and go, so one that is not there is no error.</summary>
    private static void LookForCgroup(ulong? number)
    {
        if (number is ulong id && Cgroups.Root is string root && !Cgroups.Exists(root, id))
            Terminal.Say($"--cgroup {id}: no folder under {root} has this id now, so it may be that nothing is shown");
    }

    private static int Run(
        TraceSettings settings, IEventSource source, Func<RunStart, ITraceSink[]> openSinks, CancellationTokenSource stop)
    {
        var clock = new WallClock();
        ITraceSink[] sinks = openSinks(new RunStart(HeaderOf(settings, source), clock, stop));
        var options = new TrackerOptions
        {
            MaxConnections = settings.MaxConnections,
            MaxPorts = settings.MaxConnections,
            Filter = settings.Filter,
            TimeWait = source.TimeWait,
            TimeWaitIsCountedAtExpiry = source.TimeWaitIsCountedAtExpiry,
            Namespaces = new NetworkNamespaces(settings.Filter.Netns, Terminal.Say, source.Ready),
        };
        return Run(source, options, sinks, clock, settings.StatsInterval, settings.Duration, settings.Verbose, stop.Token);
    }

    private static int Run(
        IEventSource source, TrackerOptions options, ITraceSink[] sinks, WallClock clock, TimeSpan statsInterval, TimeSpan? duration,
        bool isVerbose, CancellationToken stop)
    {
        TraceLoop loop;
        int exitCode;
        try
        {
            var tracker = new ConnectionTracker(options, sinks);
            foreach (ITraceSink sink in sinks)
                sink.Watch(tracker.Tables);
            loop = new TraceLoop(source, tracker, options, statsInterval, sinks, clock, isVerbose ? Terminal.Say : null);
            if (isVerbose)
                Terminal.Say("tracing");
            exitCode = RunToEnd(loop, sinks, duration, stop);
        }
        finally
        {
            // The screen, which is the last, first: its terminal is not to wait until a slow disk has the export.
            foreach (ITraceSink sink in sinks.Reverse())
            {
                sink.Dispose();
                Terminal.Redirect(null);
            }
        }
        TraceTotals totals = loop.Totals;
        Summarise(totals with { LostQueue = totals.LostQueue + sinks.Sum(sink => sink.Losses.Records) });
        return sinks.Any(sink => sink.Losses.ByFailure > 0) ? ExitCode.Failed : exitCode;
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
            // Why it fails has been said by who writes.
            EndAll(sinks, loop.Totals);
            return e.IsClosedPipe ? ExitCode.Done : ExitCode.Failed;
        }
        catch (SourceFailedException e)
        {
            EndAll(sinks, loop.Totals);
            Terminal.Say(e.Message);
            return ExitCode.Failed;
        }
        catch
        {
            EndAll(sinks, loop.Totals);
            throw;
        }
    }

    /// <summary>What was seen until now gets its end, wherever it can be written.</summary>
    private static void EndAll(ITraceSink[] sinks, TraceTotals totals)
    {
        foreach (ITraceSink sink in sinks)
            sink.OnEnd(totals);
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
        Settings = NetworkSettings.Read(settings.Filter.Netns),
    };

    private static void ShowAttached(IEventSource source)
    {
        foreach (string hook in source.Attached)
            Terminal.Say($"attached {hook}");
        ShowBpfLog(all: true);
    }

    private static void ShowBpfLog(bool all)
    {
        Terminal.Details(all ? BpfLog.Tail() : BpfLog.Tail(5));
    }
}

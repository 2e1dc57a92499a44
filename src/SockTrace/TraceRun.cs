using System.Reflection;
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
        try
        {
            using IEventSource source = Sources.Open(settings);
            if (settings.Verbose)
                ShowAttached(source);
            return Run(settings, source, openSinks);
        }
        catch (SourceUnavailableException e)
        {
            Terminal.Error(e.Message);
            Terminal.Hint(e.Hint);
            ShowBpfLog(settings.Verbose);
            return ExitCode.Unavailable;
        }
        catch (OutputException e)
        {
            if (e.IsClosedPipe)
                return ExitCode.Done;
            Terminal.Error(e.Message);
            return ExitCode.Failed;
        }
    }

    private static int Run(
        TraceSettings settings, IEventSource source, Func<TraceHeader, WallClock, ITraceSink[]> openSinks)
    {
        var clock = new WallClock();
        ITraceSink[] sinks = openSinks(HeaderOf(settings, source), clock);
        try
        {
            var connections = new ConnectionTable(settings.MaxConnections);
            var miniSockets = new MiniSocketTable(settings.MaxConnections);
            var tracker = new ConnectionTracker(connections, miniSockets, settings.Filter, sinks);
            var loop = new TraceLoop(source, tracker, connections, miniSockets, sinks, clock);
            using var stop = new CancellationTokenSource();
            using var signals = new StopSignals(stop);
            if (settings.Verbose)
                Terminal.Say("tracing");
            TraceTotals totals = loop.Run(settings.Duration, stop.Token);
            Terminal.Say($"{totals.Events} events, {totals.Lost} lost (ring {totals.LostRing}, kernel {totals.LostKernel}, "
                + $"queue {totals.LostQueue}, table {totals.LostTable}), {totals.Unmatched} unmatched");
            return ExitCode.Done;
        }
        finally
        {
            foreach (ITraceSink sink in sinks)
                sink.Dispose();
        }
    }

    private static TraceHeader HeaderOf(TraceSettings settings, IEventSource source) => new()
    {
        Version = VersionText,
        Host = HostFacts.HostName,
        BootId = HostFacts.BootId,
        Kernel = HostFacts.KernelRelease,
        Source = source.Name,
        TimeWait = source.TimeWaitPrecision,
        Filters = settings.FilterText,
        Settings = NetworkSettings.Read(),
    };

    private static string VersionText =>
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion;

    private static void ShowAttached(IEventSource source)
    {
        foreach (string hook in source.Attached)
            Terminal.Say($"attached {hook}");
        ShowBpfLog(all: true);
    }

    private static void ShowBpfLog(bool all)
    {
        foreach (string line in all ? BpfLog.Tail() : BpfLog.Tail(5))
            Console.Error.WriteLine($"  {line}");
    }
}

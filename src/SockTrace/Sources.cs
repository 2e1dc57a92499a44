using SockTrace.Bpf;
using SockTrace.Pipeline;
using SockTrace.Proc;

namespace SockTrace;

/// <summary>Chooses the source.</summary>
internal static class Sources
{
    /// <exception cref="SourceUnavailableException">The one that was asked for cannot be had.</exception>
    public static IEventSource Open(TraceSettings settings)
    {
        switch (settings.Source)
        {
            case SourceChoice.Bpf:
                return OpenBpf(settings);
            case SourceChoice.Proc:
                return OpenProc(settings, reason: "");
            default:
                return OpenBest(settings);
        }
    }

    private static IEventSource OpenBest(TraceSettings settings)
    {
        try
        {
            return OpenBpf(settings);
        }
        catch (SourceUnavailableException e)
        {
            IEventSource proc = OpenProc(settings, $" (not bpf: {e.Message})");
            Terminal.Hint(e.Hint);
            return proc;
        }
    }

    private static BpfSource OpenBpf(TraceSettings settings)
    {
        var source = BpfSource.Open(settings.Filter, settings.RingBytes);
        Terminal.Say("source bpf: every transition, from the kernel's tracepoint");
        return source;
    }

    private static ProcSource OpenProc(TraceSettings settings, string reason)
    {
        if (settings.Filter.Cgroup is not null)
            throw new SourceUnavailableException($"--cgroup: source proc cannot see cgroups{reason}", "use --source bpf, or leave out --cgroup");
        ProcSource source = ProcSource.TryOpen(settings.Filter.Netns, out string why) ?? throw new SourceUnavailableException(
            $"source proc cannot read /proc/PID/net/tcp: {why}{reason}",
            "see that /proc is mounted (mount -t proc proc /proc), and that nothing hides /proc/self/net");
        Terminal.Say($"source proc{reason}: /proc is polled four times a second; shorter connections, bytes and exact times are not seen");
        return source;
    }
}

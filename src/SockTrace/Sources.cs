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
                return BpfSource.Open(settings.Filter, settings.RingBytes);
            case SourceChoice.Proc:
                return new ProcSource();
            default:
                return OpenBest(settings);
        }
    }

    private static IEventSource OpenBest(TraceSettings settings)
    {
        try
        {
            IEventSource bpf = BpfSource.Open(settings.Filter, settings.RingBytes);
            Terminal.Say("source bpf: every transition, from the kernel's tracepoint");
            return bpf;
        }
        catch (SourceUnavailableException e)
        {
            Terminal.Say($"source proc: sockets are polled, and short connections are not seen, because of bpf: {e.Message}");
            Terminal.Hint(e.Hint);
            return new ProcSource();
        }
    }
}

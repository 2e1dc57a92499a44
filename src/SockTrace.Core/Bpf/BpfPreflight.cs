using SockTrace.Host;
using SockTrace.Pipeline;

namespace SockTrace.Bpf;

/// <summary>What can be known before the kernel is asked to load anything.</summary>
internal static class BpfPreflight
{
    /// <exception cref="SourceUnavailableException">Something is missing.</exception>
    public static void Check()
    {
        if (!Capabilities.OfThisProcess().CanTrace)
            throw new SourceUnavailableException("no permission to load BPF programs",
                "run as root, or grant CAP_BPF and CAP_PERFMON; `socktrace doctor` has the command");
        if (!File.Exists("/sys/kernel/btf/vmlinux"))
            throw new SourceUnavailableException("the kernel has no BTF (/sys/kernel/btf/vmlinux is missing)",
                "use a kernel built with CONFIG_DEBUG_INFO_BTF, or mount /sys in this container");
    }

    /// <summary>Turns a refusal into what the user can do about it.</summary>
    public static SourceUnavailableException Explain(BpfException e) => new(e.Message, e.Errno switch
    {
        Errno.EPERM or Errno.EACCES => "`socktrace doctor` says what refuses it: rights, a lock of the kernel, "
            + "a container's seccomp profile",
        Errno.ENOMEM => "give the ring buffer less with --buffer",
        _ => "this needs Linux 5.10 or later with BTF, tracepoints and BPF ring buffers; -v shows libbpf's log",
    });
}

using SockTrace.Host;

namespace SockTrace.Doctor;

/// <summary>What was found on this host; <see cref="Judge"/> says what it means. Null is what cannot be read.</summary>
internal sealed record DoctorFacts
{
    /// <summary>As <c>uname -r</c> prints it.</summary>
    public required string Kernel { get; init; }

    /// <summary>Whether /sys/kernel/btf/vmlinux can be read.</summary>
    public required bool HasBtf { get; init; }

    public required Capabilities Capabilities { get; init; }

    /// <summary>Whether capabilities hold for the host, and not only in a user namespace that was made inside of it.</summary>
    public required bool IsInitialUserNamespace { get; init; }

    /// <summary>Whether /proc shows the host's processes, and not only a container's.</summary>
    public required bool IsInitialPidNamespace { get; init; }

    /// <summary>Whether a seccomp filter is on this process.</summary>
    public required bool HasSeccompFilter { get; init; }

    /// <summary>none, integrity or confidentiality.</summary>
    public required string? Lockdown { get; init; }

    /// <summary>kernel.unprivileged_bpf_disabled.</summary>
    public required int? UnprivilegedBpfDisabled { get; init; }

    /// <summary>kernel.kptr_restrict.</summary>
    public required int? KptrRestrict { get; init; }

    /// <summary>Whether /proc/kallsyms shows this process addresses.</summary>
    public required bool HasKernelAddresses { get; init; }

    /// <summary>kernel.ftrace_enabled.</summary>
    public required int? FtraceEnabled { get; init; }

    /// <summary>The soft limit of RLIMIT_MEMLOCK, bytes, which counts up to 5.10; null where there is none.</summary>
    public required long? MemlockLimit { get; init; }

    /// <summary>Network namespaces that were entered, our own too.</summary>
    public required int NamespacesEntered { get; init; }

    /// <summary>Network namespaces that are known of and could not be entered.</summary>
    public required int NamespacesRefused { get; init; }

    /// <summary>Processes whose network namespace is not shown.</summary>
    public required int ProcessesHidden { get; init; }

    /// <summary>Processes whose open files are not shown.</summary>
    public required int ProcessesUnreadable { get; init; }

    /// <summary>The hidepid= that /proc is mounted with, where it is.</summary>
    public required string? HidePid { get; init; }

    /// <summary>Why NETLINK_SOCK_DIAG does not list TCP sockets; 0 where it does.</summary>
    public required int SockDiagErrno { get; init; }

    /// <summary>Why /proc/net/tcp cannot be read; null where it can.</summary>
    public required string? ProcNetTcpFailure { get; init; }

    public required Trial Trial { get; init; }
}

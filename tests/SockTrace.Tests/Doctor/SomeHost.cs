using SockTrace.Doctor;
using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Tests.Doctor;

/// <summary>Facts of hosts that need not be there.</summary>
internal static class SomeHost
{
    public static readonly Capabilities AllCapabilities = Capabilities.Of(Enum.GetValues<Capability>());

    /// <summary>Root on a kernel that has it all.</summary>
    public static readonly DoctorFacts Good = new()
    {
        Kernel = "6.12.117-amd64",
        HasBtf = true,
        Capabilities = AllCapabilities,
        IsInitialUserNamespace = true,
        IsInitialPidNamespace = true,
        HasSeccompFilter = false,
        Lockdown = "none",
        UnprivilegedBpfDisabled = 2,
        KptrRestrict = 0,
        HasKernelAddresses = true,
        FtraceEnabled = 1,
        MemlockLimit = 8 << 20,
        NamespacesEntered = 3,
        NamespacesRefused = 0,
        ProcessesHidden = 0,
        ProcessesUnreadable = 0,
        HidePid = null,
        SockDiagErrno = 0,
        ProcNetTcpFailure = null,
        Trial = new Trial
        {
            Hooks = ["tp_btf/inet_sock_set_state: on_set_state", "fexit/inet_csk_accept: on_accept2"],
            TimeWait = TimeWaitSight.Functions,
            HasSnapshot = true,
            Transitions = Trial.ExpectedTransitions,
            SawAccept = true,
            SawMiniSocket = true,
            SawItsEnd = true,
            SawWhatEndedIt = true,
        },
    };

    /// <summary>An ordinary user on it.</summary>
    public static readonly DoctorFacts OrdinaryUser = Good with
    {
        Capabilities = default,
        HasKernelAddresses = false,
        NamespacesEntered = 1,
        ProcessesHidden = 70,
        ProcessesUnreadable = 71,
        Trial = new Trial { Refusal = "no permission to load BPF programs", Hint = "run as root, or grant CAP_BPF and CAP_PERFMON" },
    };

    public static readonly DoctorFacts NoBtf = Good with
    {
        HasBtf = false,
        Trial = new Trial { Refusal = "the kernel has no BTF (/sys/kernel/btf/vmlinux is missing)", Hint = "use a kernel built with CONFIG_DEBUG_INFO_BTF" },
    };

    public static readonly DoctorFacts TooOld = Refused(Good with { Kernel = "5.4.0-150-generic" });

    /// <summary>5.10 counts the ring as locked memory, of which an ordinary user has 64 KiB.</summary>
    public static readonly DoctorFacts LockedMemory = Refused(Good with
    {
        Kernel = "5.10.0-32-amd64",
        MemlockLimit = 65536,
        Capabilities = Capabilities.Of(Capability.Bpf, Capability.Perfmon, Capability.Syslog),
    });

    public static readonly DoctorFacts LockedDown = Good with { Lockdown = "confidentiality" };

    public static readonly DoctorFacts LockedDownAndRefused = Refused(LockedDown);

    public static readonly DoctorFacts RootlessContainer = Refused(Good with { IsInitialUserNamespace = false, IsInitialPidNamespace = false });

    public static readonly DoctorFacts Filtered = Refused(Good with { HasSeccompFilter = true });

    /// <summary>Functions are hooked, and nobody may see addresses.</summary>
    public static readonly DoctorFacts NoSyslog = Good with
    {
        Capabilities = Capabilities.Of(Capability.Bpf, Capability.Perfmon),
        HasKernelAddresses = false,
        Trial = Good.Trial with { SawWhatEndedIt = false },
    };

    public static readonly DoctorFacts AddressesForNobody = NoSyslog with { Capabilities = AllCapabilities, KptrRestrict = 2 };

    public static readonly DoctorFacts Timers = Good with
    {
        Trial = Good.Trial with
        {
            TimeWait = TimeWaitSight.Timers,
            Hooks = ["tp_btf/inet_sock_set_state: on_set_state", "tp_btf/timer_cancel: on_timer_cancel"],
            Notes = ["TIME_WAIT not by functions: the kernel lets none be hooked: operation not permitted (EPERM)"],
            SawAccept = false,
        },
    };

    public static readonly DoctorFacts NoFtrace = Timers with { FtraceEnabled = 0 };

    public static readonly DoctorFacts Inferred = Timers with
    {
        HasKernelAddresses = false,
        Capabilities = Capabilities.Of(Capability.Bpf, Capability.Perfmon),
        Trial = Timers.Trial with { TimeWait = TimeWaitSight.Inferred, SawMiniSocket = false, SawItsEnd = false, SawWhatEndedIt = false },
    };

    public static readonly DoctorFacts SilentTracepoint = Good with { Trial = Good.Trial with { Transitions = 4 } };

    public static readonly DoctorFacts SilentMiniSockets = Good with { Trial = Good.Trial with { SawMiniSocket = false, SawItsEnd = false, SawWhatEndedIt = false } };

    public static readonly DoctorFacts SilentAccept = Good with { Trial = Good.Trial with { SawAccept = false } };

    public static readonly DoctorFacts NoLoopback = Good with
    {
        Trial = Good.Trial with
        {
            NoConnection = "network is unreachable (errno 101)",
            HasSnapshot = false,
            Transitions = 0,
            SawAccept = false,
            SawMiniSocket = false,
            SawItsEnd = false,
            SawWhatEndedIt = false,
        },
    };

    public static readonly DoctorFacts HiddenProcesses = OrdinaryUser with { HidePid = "2" };

    public static readonly DoctorFacts NoSockDiag = Good with { SockDiagErrno = Errno.ENOENT };

    public static readonly DoctorFacts Nothing = OrdinaryUser with { ProcNetTcpFailure = "Could not find a part of the path '/proc/self/net/tcp'." };

    public static IEnumerable<DoctorFacts> All =>
    [
        Good, OrdinaryUser, NoBtf, TooOld, LockedMemory, LockedDown, LockedDownAndRefused, RootlessContainer, Filtered, NoSyslog,
        AddressesForNobody, Timers, NoFtrace, Inferred, SilentTracepoint, SilentMiniSockets, SilentAccept, NoLoopback, HiddenProcesses,
        NoSockDiag, Nothing,
    ];

    private static DoctorFacts Refused(DoctorFacts facts) => facts with
    {
        Trial = new Trial
        {
            Refusal = "cannot load the BPF program: operation not permitted (EPERM)",
            Hint = "run as root, or grant CAP_BPF and CAP_PERFMON; a container may also need its seccomp profile to allow bpf(2)",
        },
    };
}

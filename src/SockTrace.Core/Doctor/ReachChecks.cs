using SockTrace.Host;

namespace SockTrace.Doctor;

/// <summary>What can be found out beside tracing: what was there before, and by the other sources.</summary>
internal static class ReachChecks
{
    public static IEnumerable<Check?> Of(DoctorFacts facts) => [Namespaces(facts), Owners(facts), Processes(facts), OfSockDiag(facts), Proc(facts)];

    private static Check Namespaces(DoctorFacts facts)
    {
        string entered = $"network namespaces: {facts.NamespacesEntered} entered";
        Capability[] lacking = [.. Lacking(facts, Capability.SysAdmin, Capability.SysPtrace)];
        if (facts.NamespacesRefused == 0 && facts.ProcessesHidden == 0)
            return new Check("namespaces", Check.Ok, entered);
        return new Check("namespaces", Check.Limited,
            $"{entered}, {facts.NamespacesRefused} not; that of {Processes(facts.ProcessesHidden)} not known",
            facts.Trial.IsAttached
                ? "Their transitions are seen, but not the sockets that were there before, their port ranges (so no pools), nor their counters (`audit`)."
                : "Source proc sees no socket of theirs.",
            RemedyOf(facts, lacking));
    }

    private static Check Owners(DoctorFacts facts)
    {
        Capability[] lacking = [.. Lacking(facts, Capability.SysPtrace, Capability.DacReadSearch)];
        if (facts.ProcessesUnreadable == 0)
            return new Check("owners", Check.Ok, "owners of sockets from before: every process's files can be read");
        return new Check("owners", Check.Limited, $"owners of sockets from before: the files of {Processes(facts.ProcessesUnreadable)} cannot be read",
            facts.Trial.IsAttached
                ? "The sockets that these opened before the trace have no `pid` and `comm` until they close."
                : "With source proc, no socket of theirs has `pid` and `comm`.",
            RemedyOf(facts, lacking));
    }

    private static Check? Processes(DoctorFacts facts)
    {
        if (!facts.IsInitialPidNamespace)
            return new Check("processes", Check.Limited, "processes: only those of this container (PID namespace)",
                "The network namespaces of all others are not found; no owner of a socket from before is told; `pid` is the host's number.",
                "Share the host's PID namespace (docker: --pid=host).");
        if (facts.HidePid is null or "0" or "off" || facts.Capabilities.Has(Capability.SysPtrace))
            return null;
        return new Check("processes", Check.Limited, $"processes: /proc is mounted with hidepid={facts.HidePid}",
            "Other users' processes are not found, nor their network namespaces, nor what they opened before the trace.",
            "Run as root, or grant CAP_SYS_PTRACE, as below.");
    }

    private static Check OfSockDiag(DoctorFacts facts) => facts.SockDiagErrno == 0
        ? new Check("sock_diag", Check.Ok, "sock_diag: lists TCP sockets")
        : new Check("sock_diag", Check.Limited, $"sock_diag: {Errno.Describe(facts.SockDiagErrno)}",
            "--measure-timewait reads /proc/net/tcp instead, in steps of 10 ms.", "Load the module, or allow netlink sockets in the container's seccomp profile.",
            "sudo modprobe tcp_diag");

    private static Check Proc(DoctorFacts facts) => facts.ProcNetTcpFailure is null
        ? new Check("proc", Check.Ok, "proc: /proc/net/tcp can be read")
        : new Check("proc", Check.Missing, $"proc: {facts.ProcNetTcpFailure}", "Source proc cannot be had.", "Mount /proc.", "sudo mount -t proc proc /proc");

    private static IEnumerable<Capability> Lacking(DoctorFacts facts, params Capability[] needed) =>
        needed.Where(capability => !facts.Capabilities.Has(capability));

    private static string RemedyOf(DoctorFacts facts, Capability[] lacking) =>
        !facts.IsInitialUserNamespace ? "Run outside of this user namespace."
        : lacking.Length == 0 ? "None that shows: no capability is lacking. A security module (SELinux, AppArmor) may refuse it."
        : $"Run as root, or grant {string.Join(" and ", lacking.Select(Capabilities.NameOf))}, as below.";

    private static string Processes(int count) => count == 1 ? "1 process" : $"{count} processes";
}

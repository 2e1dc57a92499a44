using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Doctor;

/// <summary>From facts to what they mean. Asks nothing of the host.</summary>
internal static class Judge
{
    private static readonly Capabilities ForTracing = Capabilities.Of(Capability.Bpf, Capability.Perfmon), ForAddresses = Capabilities.Of(Capability.Syslog);

    private static readonly Capabilities ForReaching = Capabilities.Of(Capability.SysAdmin, Capability.SysPtrace, Capability.DacReadSearch);

    /// <param name="facts">What was found.</param>
    /// <param name="program">The path of the program's file, for commands.</param>
    public static Diagnosis Of(DoctorFacts facts, string program)
    {
        Check?[] checks = [.. HostChecks.Of(facts), .. TraceChecks.Of(facts), .. ReachChecks.Of(facts)];
        return new Diagnosis([.. checks.OfType<Check>()], [.. Grants(facts, program)], VerdictOf(facts));
    }

    private static Verdict VerdictOf(DoctorFacts facts)
    {
        Trial trial = facts.Trial;
        string timeWait = trial.TimeWait is TimeWaitSight.Functions or TimeWaitSight.Timers ? "measured" : "inferred";
        if (trial.Works)
            return new Verdict(true, "bpf", timeWait, $"auto takes bpf: every transition is seen, TIME_WAIT is {timeWait}");
        if (trial.IsAttached)
            return new Verdict(false, "bpf", timeWait, "auto takes bpf, which attaches and does not see what happens: use --source proc");
        return facts.ProcNetTcpFailure is null
            ? new Verdict(false, "proc", "inferred", "bpf cannot be had: auto takes proc, which polls; TIME_WAIT is inferred")
            : new Verdict(false, null, null, "neither bpf nor proc can be had: this host cannot be traced");
    }

    private static IEnumerable<Grant> Grants(DoctorFacts facts, string program)
    {
        // They would hold in the container's user namespace only, and the kernel asks for the host's.
        if (!facts.IsInitialUserNamespace)
            yield break;
        // Where kernel.perf_event_paranoid is below 2, everybody sees addresses (kallsyms_show_value()).
        bool areAddressesFree = facts.HasKernelAddresses && !facts.Capabilities.Has(Capability.Syslog);
        Capabilities needed = areAddressesFree ? ForTracing : ForTracing.With(ForAddresses);
        if (HostChecks.CountsLockedMemory(facts))
            needed = needed.With(Capabilities.Of(Capability.SysResource));
        if (HostChecks.SearchesModules(facts))
            needed = needed.With(Capabilities.Of(Capability.SysAdmin));
        bool wantsAddresses = !facts.HasKernelAddresses && facts.KptrRestrict != HostChecks.AddressesForNobody;
        if (!facts.Capabilities.CanTrace || (wantsAddresses && !facts.Capabilities.Has(Capability.Syslog)))
            yield return GrantOf("to trace as root does", needed, program);
        if (ForReaching.Known.Any(capability => !facts.Capabilities.Has(capability)))
            yield return GrantOf("also to find what was there before: in other network namespaces, and its owners", needed.With(ForReaching), program);
    }

    private static Grant GrantOf(string gives, Capabilities capabilities, string program)
    {
        string[] names = [.. capabilities.Known.Select(Capabilities.NameOf)];
        string path = program.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_') ? program : $"'{program.Replace("'", "'\\''", StringComparison.Ordinal)}'";
        return new Grant(gives, names, $"sudo setcap {string.Join(',', names).ToLowerInvariant()}+ep {path}");
    }
}

using System.Globalization;
using SockTrace.Host;

namespace SockTrace.Doctor;

/// <summary>What the kernel is, and what it lets this process do.</summary>
internal static class HostChecks
{
    /// <summary>kernel.kptr_restrict at which nobody sees addresses, whatever the capabilities (kallsyms_show_value()).</summary>
    public const int AddressesForNobody = 2;

    private static readonly Version Oldest = new(5, 10), MemoryByCgroup = new(5, 11);

    public static IEnumerable<Check?> Of(DoctorFacts facts) =>
        [Kernel(facts), Btf(facts), OfCapabilities(facts), UserNamespace(facts), Seccomp(facts), Lockdown(facts), LockedMemory(facts)];

    /// <summary>
    /// Whether libbpf looks for bpf_rdonly_cast(), which Linux has since 6.2, among the BTF of modules,
    /// which there is since 5.11: to list that takes CAP_SYS_ADMIN.
    /// </summary>
    public static bool SearchesModules(DoctorFacts facts) => !IsBefore(facts.Kernel, MemoryByCgroup) && IsBefore(facts.Kernel, new Version(6, 2));

    /// <summary>Whether BPF memory counts as locked memory of the user, which is limited here; CAP_SYS_RESOURCE raises the limit.</summary>
    public static bool CountsLockedMemory(DoctorFacts facts) => IsBefore(facts.Kernel, MemoryByCgroup) && facts.MemlockLimit is not null;

    /// <summary>False also where the release does not tell.</summary>
    public static bool IsBefore(string release, Version version) => VersionOf(release) is Version own && own < version;

    /// <returns>The first two numbers of <c>uname -r</c>; null where there are none.</returns>
    public static Version? VersionOf(string release)
    {
        string[] parts = release.Split('.', '-', '+');
        return parts.Length > 1 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor) ? new Version(major, minor) : null;
    }

    private static Check Kernel(DoctorFacts facts)
    {
        if (!IsBefore(facts.Kernel, Oldest))
            return new Check("kernel", Check.Ok, $"kernel {facts.Kernel}: 5.10 or later");
        string what = $"kernel {facts.Kernel}: older than 5.10";
        return facts.Trial.IsAttached
            ? new Check("kernel", Check.Limited, what, "On none so old was it ever tried.", "Use Linux 5.10 or later.")
            : new Check("kernel", Check.Missing, what, "Source bpf cannot be had.", "Use Linux 5.10 or later.");
    }

    private static Check Btf(DoctorFacts facts) => facts.HasBtf
        ? new Check("btf", Check.Ok, "BTF: /sys/kernel/btf/vmlinux")
        : new Check("btf", Check.Missing, "BTF: there is no /sys/kernel/btf/vmlinux", "Source bpf cannot be had: nothing tells how this kernel's structs lie in memory.",
            "Use a kernel that was built with CONFIG_DEBUG_INFO_BTF, as those of distributions are; in a container without it, mount /sys.");

    private static Check OfCapabilities(DoctorFacts facts)
    {
        Capability[] matter = [.. Enum.GetValues<Capability>().Where(capability => capability != Capability.SysResource || CountsLockedMemory(facts))];
        string[] held = [.. facts.Capabilities.Known.Where(matter.Contains).Select(Capabilities.NameOf)];
        string text = held.Length == matter.Length ? "all that matter" : held.Length == 0 ? "none that matter" : string.Join(", ", held);
        if (facts.Capabilities.CanTrace)
            return new Check("capabilities", Check.Ok, $"capabilities: {text}");
        string sysctl = facts.UnprivilegedBpfDisabled is int value
            ? $" kernel.unprivileged_bpf_disabled, here {value}, changes nothing: programs that trace need them at 0 as well."
            : "";
        return new Check("capabilities", Check.Missing, $"capabilities: {text}; not CAP_BPF with CAP_PERFMON",
            $"Source bpf cannot be had: no program may be loaded.{sysctl}", "Run as root, or grant capabilities, as below.");
    }

    private static Check? UserNamespace(DoctorFacts facts) => facts.IsInitialUserNamespace ? null : new Check("user_namespace", Check.Missing,
        "user namespace: not the host's", "Source bpf cannot be had: what capabilities there are hold only in here.",
        "Run on the host, or in a container that shares the host's user namespace (docker: --userns=host; podman: as root).");

    private static Check? Seccomp(DoctorFacts facts) =>
        facts.HasSeccompFilter && facts.IsInitialUserNamespace && facts.Capabilities.CanTrace && !facts.Trial.IsAttached
            ? new Check("seccomp", Check.Missing, "seccomp: a filter is on this process", "It may be what refuses bpf(2).",
                "Allow bpf(2) in the container's seccomp profile (docker: --security-opt seccomp=unconfined allows all).")
            : null;

    private static Check Lockdown(DoctorFacts facts) => facts.Lockdown switch
    {
        null => new Check("lockdown", Check.Ok, "lockdown: not known; /sys/kernel/security/lockdown cannot be read"),
        "none" => new Check("lockdown", Check.Ok, "lockdown: none"),
        _ when facts.Trial.IsAttached || !facts.Capabilities.CanTrace || !facts.HasBtf => new Check("lockdown", Check.Ok,
            $"lockdown: {facts.Lockdown}, which takes nothing that is needed here"),
        string mode => new Check("lockdown", Check.Missing, $"lockdown: {mode}", "It may be what refuses bpf(2).", "Start the kernel without lockdown=, or without Secure Boot."),
    };

    private static Check? LockedMemory(DoctorFacts facts) => !CountsLockedMemory(facts) || facts.Capabilities.Has(Capability.SysResource) ? null
        : facts.Trial.IsAttached ? new Check("locked_memory", Check.Ok, $"locked memory: {facts.MemlockLimit} bytes, which is enough")
        : new Check("locked_memory", Check.Missing, $"locked memory: at most {facts.MemlockLimit} bytes",
            "Source bpf may not be had: before Linux 5.11 the ring buffer (16 MiB) counts as locked memory.", "Raise the limit, or grant CAP_SYS_RESOURCE.", "ulimit -l unlimited");
}

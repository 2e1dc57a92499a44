using System.Globalization;

namespace SockTrace.Host;

/// <summary>A set of capabilities, as /proc/PID/status prints it: a bit for each.</summary>
internal readonly record struct Capabilities(ulong Bits)
{
    /// <summary>Those in effect in this process; none where /proc does not tell.</summary>
    public static Capabilities OfThisProcess()
    {
        const string Field = "CapEff:";
        foreach (string line in (HostFacts.ReadLine("/proc/self/status") ?? "").Split('\n'))
        {
            if (line.StartsWith(Field, StringComparison.Ordinal))
                return new Capabilities(ulong.Parse(line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }
        return default;
    }

    public static Capabilities Of(params ReadOnlySpan<Capability> capabilities)
    {
        ulong bits = 0;
        foreach (Capability capability in capabilities)
            bits |= 1UL << (int)capability;
        return new Capabilities(bits);
    }

    /// <summary>Those that matter here, of this set, the newest first: what tracing needs comes before what it may use.</summary>
    public IEnumerable<Capability> Known => Enum.GetValues<Capability>().Reverse().Where(Has);

    /// <summary>Whether BPF programs that trace may be loaded: CAP_SYS_ADMIN stands for both, as before 5.8.</summary>
    public bool CanTrace => Has(Capability.SysAdmin) || (Has(Capability.Bpf) && Has(Capability.Perfmon));

    public bool Has(Capability capability) => (Bits >> (int)capability & 1) != 0;

    public Capabilities With(Capabilities others) => new(Bits | others.Bits);

    /// <summary>As capabilities(7) spells it: <c>CAP_SYS_ADMIN</c>.</summary>
    public static string NameOf(Capability capability) => capability switch
    {
        Capability.DacReadSearch => "CAP_DAC_READ_SEARCH",
        Capability.SysPtrace => "CAP_SYS_PTRACE",
        Capability.SysAdmin => "CAP_SYS_ADMIN",
        Capability.SysResource => "CAP_SYS_RESOURCE",
        Capability.Syslog => "CAP_SYSLOG",
        Capability.Perfmon => "CAP_PERFMON",
        Capability.Bpf => "CAP_BPF",
        _ => throw new ArgumentOutOfRangeException(nameof(capability), capability, "no capability that matters here"),
    };
}

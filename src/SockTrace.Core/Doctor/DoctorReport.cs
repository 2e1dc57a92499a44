namespace SockTrace.Doctor;

/// <summary>What `doctor --json` prints; docs/doctor.md says what each field is.</summary>
internal sealed record DoctorReport
{
    public int Schema { get; } = 1;
    public required string Version { get; init; }
    public required string Host { get; init; }
    public required string Kernel { get; init; }
    public required IReadOnlyList<string> Capabilities { get; init; }
    public required string? Lockdown { get; init; }
    public required IReadOnlyList<string> Hooks { get; init; }
    public required IReadOnlyList<Check> Checks { get; init; }
    public required IReadOnlyList<Grant> Grants { get; init; }
    public required Verdict Verdict { get; init; }

    public static DoctorReport Of(DoctorFacts facts, Diagnosis diagnosis, string version) => new()
    {
        Version = version,
        Host = SockTrace.Host.HostFacts.HostName,
        Kernel = facts.Kernel,
        Capabilities = [.. facts.Capabilities.Known.Select(SockTrace.Host.Capabilities.NameOf)],
        Lockdown = facts.Lockdown,
        Hooks = facts.Trial.Hooks,
        Checks = diagnosis.Checks,
        Grants = diagnosis.Grants,
        Verdict = diagnosis.Verdict,
    };
}

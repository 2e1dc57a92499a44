namespace SockTrace.Doctor;

/// <summary>One thing that was looked at. docs/doctor.md lists them.</summary>
/// <param name="Id">Stable.</param>
/// <param name="Status">ok; limited: less is seen; missing: bpf cannot be had (of a source: that source).</param>
/// <param name="What">One line: what was found.</param>
/// <param name="Cost">Which records or fields are not there; null where none is missing.</param>
/// <param name="Remedy">What would change it, in words; null where nothing would.</param>
/// <param name="Command">The same as a line of shell, where there is one.</param>
internal sealed record Check(string Id, string Status, string What, string? Cost = null, string? Remedy = null, string? Command = null)
{
    public const string Ok = "ok", Limited = "limited", Missing = "missing";
}

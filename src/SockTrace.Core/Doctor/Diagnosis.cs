namespace SockTrace.Doctor;

/// <summary>What the facts mean.</summary>
/// <param name="Checks">In the order in which they are shown.</param>
/// <param name="Grants">Capabilities that would do without root what is missing for want of them, the fewest first.</param>
/// <param name="Verdict">What `--source auto` gives.</param>
internal sealed record Diagnosis(IReadOnlyList<Check> Checks, IReadOnlyList<Grant> Grants, Verdict Verdict);

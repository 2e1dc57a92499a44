namespace SockTrace.Reporting;

/// <summary>Something that the numbers say, in plain words. Its rule stands in docs/report.md.</summary>
/// <param name="Id">Of its rule, stable.</param>
/// <param name="Severity">critical: connections fail. warning: they will, or something is wrong. info: worth knowing.</param>
/// <param name="Title">One line.</param>
/// <param name="Text">What it means, with the numbers.</param>
/// <param name="Advice">What would change it, in the order in which to try, and what would not.</param>
/// <param name="Evidence">The numbers that it rests on, by name.</param>
internal sealed record Finding(
    string Id, string Severity, string Title, string Text, IReadOnlyList<string> Advice, IReadOnlyDictionary<string, object> Evidence)
{
    public const string Critical = "critical", Warning = "warning", Info = "info";
}

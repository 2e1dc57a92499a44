namespace SockTrace.Pipeline;

/// <summary>A source cannot be had on this host, as things are.</summary>
/// <param name="reason">What is missing, as the end of a sentence.</param>
/// <param name="hint">What to do about it.</param>
internal sealed class SourceUnavailableException(string reason, string hint) : Exception(reason)
{
    public string Hint { get; } = hint;
}

namespace SockTrace.Output;

/// <summary>An output cannot be created or written to. The message names it.</summary>
internal sealed class OutputException(string name, string operation, string reason, bool isClosedPipe)
    : Exception($"cannot {operation} {name}: {reason}")
{
    /// <summary>Whoever read it has gone: no error, but the end.</summary>
    public bool IsClosedPipe { get; } = isClosedPipe;
}

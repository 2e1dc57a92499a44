namespace SockTrace.Reading;

/// <summary>A trace cannot be read at all. The message names it.</summary>
internal sealed class TraceException(string name, string operation, string reason)
    : Exception(VisibleText.Of($"cannot {operation} {TraceFile.Show(name)}: {reason}"));

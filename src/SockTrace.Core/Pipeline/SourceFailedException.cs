namespace SockTrace.Pipeline;

/// <summary>A source that worked gives no more events.</summary>
internal sealed class SourceFailedException(string message, Exception inner) : Exception(message, inner);

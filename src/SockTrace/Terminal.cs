namespace SockTrace;

/// <summary>What is said to the person: on standard error, so that standard output holds data only.</summary>
internal static class Terminal
{
    public static void Say(string message) => Write($"socktrace: {message}");

    public static void Hint(string hint) => Write($"hint: {hint}");

    public static void Detail(string line) => Write($"  {line}");

    private static void Write(string line)
    {
        try
        {
            Console.Error.WriteLine(line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Standard error is closed or full. The trace matters more, and nobody is there to be told.
        }
    }
}

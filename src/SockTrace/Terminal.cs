namespace SockTrace;

/// <summary>What is said to the person: on standard error, so that standard output holds data only.</summary>
internal static class Terminal
{
    public static void Error(string message) => Say(message);

    public static void Say(string message) => Console.Error.WriteLine($"socktrace: {message}");

    public static void Hint(string hint) => Console.Error.WriteLine($"hint: {hint}");
}

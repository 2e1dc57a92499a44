namespace SockTrace;

/// <summary>What is said to the person: on standard error, so that standard output holds data only.</summary>
internal static class Terminal
{
    private static readonly Queue<string> SaidOnScreen = new();
    private static Action<string>? _screen;

    /// <summary>While a full screen is up what is said goes there, and is said again when it is down.</summary>
    /// <param name="screen">Takes a line; null when it is down.</param>
    public static void Redirect(Action<string>? screen)
    {
        lock (SaidOnScreen)
        {
            _screen = screen;
            if (screen is not null)
                return;
        }
        while (SaidOnScreen.TryDequeue(out string? line))
            Write(line);
    }

    public static void Say(string message) => Write($"socktrace: {message}");

    public static void Hint(string hint) => Write($"hint: {hint}");

    /// <summary>Lines that belong to what was said last; many of them in one go.</summary>
    public static void Details(IReadOnlyCollection<string> lines)
    {
        if (lines.Count > 0)
            Write("  " + string.Join("\n  ", lines));
    }

    /// <summary>What moves the cursor itself.</summary>
    public static void Draw(string text) => Write(text, end: "");

    private static void Write(string line, string end = "\n")
    {
        lock (SaidOnScreen)
        {
            if (_screen is { } screen)
            {
                screen(line);
                SaidOnScreen.Enqueue(line);
                return;
            }
        }
        try
        {
            Console.Error.Write(line + end);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Standard error is closed or full. The trace matters more, and nobody is there to be told.
        }
    }
}

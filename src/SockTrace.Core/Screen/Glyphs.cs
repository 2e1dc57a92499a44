namespace SockTrace.Screen;

/// <summary>What charts are drawn with: Unicode's blocks, or ASCII where the locale is not UTF-8.</summary>
internal sealed record Glyphs
{
    public static readonly Glyphs Unicode = new()
    {
        Levels = " ▁▂▃▄▅▆▇█",
        Parts = " ▏▎▍▌▋▊▉█",
        Arrow = "→",
        Falling = "▼",
        Rising = "▲",
    };

    public static readonly Glyphs Ascii = new()
    {
        Levels = " ._-=+*#@",
        Parts = " #",
        Arrow = "->",
        Falling = "v",
        Rising = "^",
    };

    /// <summary>Columns of a chart, from nothing to full.</summary>
    public required string Levels { get; init; }

    /// <summary>How much of the last cell of a bar is filled, from nothing to all.</summary>
    public required string Parts { get; init; }

    public required string Arrow { get; init; }
    public required string Falling { get; init; }
    public required string Rising { get; init; }

    /// <summary>By the locale of the environment, as locale(7) ranks its variables. None set is ASCII.</summary>
    public static Glyphs OfLocale()
    {
        string[] variables = ["LC_ALL", "LC_CTYPE", "LANG"];
        string locale = variables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value)) ?? "";
        return locale.Contains("utf-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("utf8", StringComparison.OrdinalIgnoreCase)
            ? Unicode
            : Ascii;
    }

    /// <summary>A bar of <paramref name="width"/> columns, of which a share from 0 to 1 is filled. What is above 0 shows.</summary>
    public string Bar(double share, int width)
    {
        int steps = Parts.Length - 1;
        int filled = (int)Math.Round(Math.Clamp(share, 0, 1) * width * steps);
        if (filled == 0 && share > 0)
            filled = 1;
        string bar = new(Parts[^1], filled / steps);
        return (filled % steps == 0 ? bar : bar + Parts[filled % steps]).PadRight(width);
    }

    /// <summary>One column a value, the highest full. What is above 0 shows.</summary>
    public string Sparkline(ReadOnlySpan<long> values)
    {
        long most = 1;
        foreach (long value in values)
            most = Math.Max(most, value);
        Span<char> line = stackalloc char[values.Length];
        for (int i = 0; i < values.Length; i++)
            line[i] = Levels[values[i] == 0 ? 0 : (int)Math.Max(1, values[i] * (Levels.Length - 1) / most)];
        return new string(line);
    }
}

namespace SockTrace.Screen;

/// <summary>A column of a table, and how the table is sorted by it.</summary>
internal sealed class Column<TRow>(string title, int width, Column<TRow>.TextOf text, Column<TRow>.KeyOf key)
{
    public delegate string TextOf(in TRow row);

    public delegate UInt128 KeyOf(in TRow row);

    public delegate Ink InkOf(in TRow row);

    public string Title { get; } = title;

    /// <summary>In columns of the terminal; it is not narrower. The title has room, and the arrow after it.</summary>
    public int Width { get; } = Math.Max(width, title.Length + 1);

    public TextOf Text { get; } = text;
    public KeyOf Key { get; } = key;

    /// <summary>Aligned to the right, and sorted the largest first.</summary>
    public bool IsNumber { get; init; }

    /// <summary>What goes first where there is no room: the largest.</summary>
    public int Rank { get; init; }

    /// <summary>How wide it becomes where there is room.</summary>
    public int GrowsTo { get; init; } = Math.Max(width, title.Length + 1);

    /// <summary>Whether it becomes so before all others do, which do so by their ranks.</summary>
    public bool GrowsFirst { get; init; }

    /// <summary>Where it is too long its end is shown, and not its begin.</summary>
    public bool KeepsEnd { get; init; }

    public InkOf? Ink { get; init; }
}

using System.Text;
using Spectre.Console;

namespace SockTrace.Screen;

/// <summary>What the screen should show: a grid of cells. What does not fit is cut off.</summary>
internal sealed class Canvas(int width, int height)
{
    private readonly Cell[] _cells = new Cell[width * height];

    public int Width { get; } = width;
    public int Height { get; } = height;

    public ReadOnlySpan<Cell> Line(int y) => _cells.AsSpan(y * Width, Width);

    public void Clear() => _cells.AsSpan().Fill(Cell.Blank);

    public void CopyTo(Canvas other) => _cells.CopyTo(other._cells, 0);

    /// <summary>Puts text into a line.</summary>
    /// <param name="x">From this column on.</param>
    /// <param name="y">The line.</param>
    /// <param name="text">Nothing that drives a terminal: see <see cref="Reading.VisibleText"/>.</param>
    /// <param name="ink">What it is.</param>
    /// <param name="width">At most so many columns.</param>
    /// <returns>The column after it.</returns>
    public int Text(int x, int y, ReadOnlySpan<char> text, Ink ink = Ink.Plain, int width = int.MaxValue)
    {
        int end = (int)Math.Min(Width, (long)x + width);
        if (y < 0 || y >= Height || x < 0)
            return x;
        Span<Cell> line = _cells.AsSpan(y * Width, Width);
        HalveAt(line, x);
        foreach (Rune rune in text.EnumerateRunes())
        {
            int columns = rune.IsAscii ? 1 : rune.ToString().GetCellWidth();
            if (columns is not (1 or 2))
                continue; // what combines with the glyph before would hide it
            if (x + columns > end)
                break;
            HalveAt(line, x + columns);
            line[x++] = new Cell(rune, ink);
            if (columns == 2)
                line[x++] = new Cell(Cell.Rest, ink);
        }
        return x;
    }

    /// <summary>Of a wide glyph that begins before this column and ends after it nothing stays: something comes over one of its halves.</summary>
    private static void HalveAt(Span<Cell> line, int x)
    {
        if (x >= line.Length || line[x].Glyph != Cell.Rest)
            return;
        line[x - 1] = line[x - 1] with { Glyph = Cell.Blank.Glyph };
        line[x] = line[x] with { Glyph = Cell.Blank.Glyph };
    }

    /// <summary>The same; where it is cut off its last column says so.</summary>
    public void TextOrCut(int x, int y, string text, Ink ink, int width)
    {
        if (text.GetCellWidth() <= width)
            Text(x, y, text, ink);
        else
            Text(Text(x, y, text, ink, width - 1), y, "~", ink);
    }

    /// <summary>The same, so that it ends before column <paramref name="end"/>.</summary>
    public void TextToLeftOf(int end, int y, string text, Ink ink = Ink.Plain) => Text(Math.Max(0, end - text.GetCellWidth()), y, text, ink);

    /// <summary>Gives a whole line one ink, whatever stands in it.</summary>
    public void Paint(int y, Ink ink)
    {
        if (y < 0 || y >= Height)
            return;
        foreach (ref Cell cell in _cells.AsSpan(y * Width, Width))
            cell = cell with { Ink = ink };
    }
}

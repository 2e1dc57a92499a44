using System.Text;

namespace SockTrace.Screen;

/// <summary>One column of one line. A glyph that is two columns wide is followed by one of <see cref="Rest"/>.</summary>
internal readonly record struct Cell(Rune Glyph, Ink Ink)
{
    public static readonly Cell Blank = new(new Rune(' '), Ink.Plain);

    /// <summary>The second column of a wide glyph.</summary>
    public static readonly Rune Rest = new('\0');
}

using Spectre.Console;

namespace SockTrace.Screen;

/// <summary>
/// How each <see cref="Ink"/> looks: the terminal's own sixteen colours, so that it fits whatever
/// scheme its owner chose. Where there are none (NO_COLOR, a vt100) bold, underlined and reverse remain.
/// </summary>
internal sealed class Theme(bool hasColours)
{
    private readonly Style[] _styles = [.. Enum.GetValues<Ink>().Select(ink => Choose(ink, hasColours))];

    public Style StyleOf(Ink ink) => _styles[(int)ink];

    /// <summary>
    /// How many of them a terminal has, by its environment: NO_COLOR wins, then COLORTERM, then the name. Spectre.Console
    /// takes every terminal for one of 256 colours, and sends sequences that others do not know. No more than sixteen are used here.
    /// </summary>
    public static ColorSystem ColoursOf(string? noColor, string? colorTerm, string? term)
    {
        term ??= "";
        if (!string.IsNullOrEmpty(noColor))
            return ColorSystem.NoColors;
        if (!string.IsNullOrEmpty(colorTerm) || term.Contains("256color", StringComparison.Ordinal) || term.Contains("16color", StringComparison.Ordinal))
            return ColorSystem.Standard;
        // terminfo(5): DEC's terminals have none, nor has one whose name ends so.
        return term.StartsWith("vt", StringComparison.Ordinal) || term.EndsWith("-m", StringComparison.Ordinal) || term.EndsWith("-mono", StringComparison.Ordinal)
            ? ColorSystem.NoColors
            : ColorSystem.Legacy;
    }

    private static Style Choose(Ink ink, bool hasColours) => ink switch
    {
        Ink.Dim => new Style(decoration: Decoration.Dim),
        Ink.Strong => new Style(decoration: Decoration.Bold),
        Ink.Heading => new Style(decoration: Decoration.Underline),
        Ink.SortedHeading => new Style(decoration: Decoration.Underline | Decoration.Bold),
        Ink.Selected => new Style(decoration: Decoration.Invert),
        Ink.Tab => new Style(decoration: Decoration.Bold | Decoration.Invert),
        Ink.Good => new Style(Color.Green),
        Ink.Warning => new Style(Color.Olive),
        Ink.Alarm => new Style(Color.Red, decoration: Decoration.Bold),
        Ink.Banner when hasColours => new Style(Color.White, Color.Maroon, Decoration.Bold),
        Ink.Banner => new Style(decoration: Decoration.Bold | Decoration.Invert),
        Ink.Chart => new Style(Color.Teal),
        _ => Style.Plain,
    };
}

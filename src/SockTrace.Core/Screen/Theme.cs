using Spectre.Console;

namespace SockTrace.Screen;

/// <summary>
/// How each <see cref="Ink"/> looks: the terminal's own sixteen colours, so that it fits whatever
/// scheme its owner chose. Where there are none (NO_COLOR) bold, underlined and reverse remain.
/// </summary>
internal sealed class Theme(bool hasColours)
{
    private readonly Style[] _styles = [.. Enum.GetValues<Ink>().Select(ink => Choose(ink, hasColours))];

    public Style StyleOf(Ink ink) => _styles[(int)ink];

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

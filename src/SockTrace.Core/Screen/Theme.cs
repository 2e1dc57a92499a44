using Spectre.Console;

namespace SockTrace.Screen;

/// <summary>
/// How each <see cref="Ink"/> looks: the terminal's own sixteen colours, so that it fits whatever
/// scheme its owner chose. Where there are no colours (NO_COLOR) bold and reverse remain.
/// </summary>
internal static class Theme
{
    private static readonly Style[] Styles = [.. Enum.GetValues<Ink>().Select(Choose)];

    public static Style StyleOf(Ink ink) => Styles[(int)ink];

    private static Style Choose(Ink ink) => ink switch
    {
        Ink.Dim => new Style(decoration: Decoration.Dim),
        Ink.Strong => new Style(decoration: Decoration.Bold),
        Ink.Heading => new Style(decoration: Decoration.Underline),
        Ink.SortedHeading => new Style(decoration: Decoration.Underline | Decoration.Bold),
        Ink.Selected => new Style(decoration: Decoration.Invert),
        Ink.Tab => new Style(decoration: Decoration.Bold | Decoration.Invert),
        Ink.Good => new Style(Color.Green),
        Ink.Warning => new Style(Color.Olive),
        Ink.Alarm => new Style(Color.Maroon, decoration: Decoration.Bold),
        Ink.Banner => new Style(Color.White, Color.Maroon, Decoration.Bold | Decoration.Invert),
        Ink.Chart => new Style(Color.Teal),
        _ => Style.Plain,
    };
}

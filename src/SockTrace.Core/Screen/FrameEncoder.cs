using System.Text;
using Spectre.Console;

namespace SockTrace.Screen;

/// <summary>
/// From what a terminal shows to what it should show, in as few bytes as is easy: only cells that
/// differ are sent. (Spectre.Console's own live display sends all of them, each time.)
/// </summary>
internal sealed class FrameEncoder
{
    /// <summary>To move the cursor takes about as many bytes as so many cells.</summary>
    private const int Gap = 6;

    private readonly StringBuilder _text = new();
    private readonly AnsiWriter _writer;
    private readonly Theme _theme;
    private readonly bool _isAscii;

    /// <param name="capabilities">Of the terminal.</param>
    /// <param name="isAscii">It shows nothing else: a name's other letters become <c>?</c>, one for each column.</param>
    public FrameEncoder(AnsiCapabilities capabilities, bool isAscii = false)
    {
        _isAscii = isAscii;
        _writer = new AnsiWriter(new StringWriter(_text), capabilities);
        _theme = new Theme(capabilities.ColorSystem != ColorSystem.NoColors);
    }

    /// <summary>What leads from one to the other; nothing where they are alike.</summary>
    /// <param name="shown">What the terminal shows; null where that is not known.</param>
    /// <param name="next">What it should show.</param>
    public byte[] Encode(Canvas? shown, Canvas next)
    {
        _text.Clear();
        if (shown is null || shown.Width != next.Width || shown.Height != next.Height)
        {
            _writer.ResetStyle();
            _writer.EraseInDisplay(2);
            shown = new Canvas(next.Width, next.Height);
            shown.Clear();
        }
        Ink? ink = null;
        for (int y = 0; y < next.Height; y++)
            EncodeLine(shown.Line(y), next.Line(y), y, ref ink);
        if (ink is not (null or Ink.Plain))
            _writer.ResetStyle();
        return Encoding.UTF8.GetBytes(_text.ToString());
    }

    private void EncodeLine(ReadOnlySpan<Cell> shown, ReadOnlySpan<Cell> next, int y, ref Ink? ink)
    {
        for (int x = 0; x < next.Length; x++)
        {
            if (shown[x] == next[x])
                continue;
            int end = EndOfDifference(shown, next, x);
            // A wide glyph is sent whole.
            if (next[x].Glyph == Cell.Rest && x > 0)
                x--;
            _writer.CursorPosition(y + 1, x + 1);
            for (; x < end; x++)
            {
                if (next[x].Ink != ink)
                {
                    ink = next[x].Ink;
                    _writer.ResetStyle();
                    if (ink != Ink.Plain)
                        _writer.Style(_theme.StyleOf(next[x].Ink), null);
                }
                if (_isAscii && (next[x].Glyph == Cell.Rest || !next[x].Glyph.IsAscii))
                    _text.Append('?');
                else if (next[x].Glyph != Cell.Rest)
                    _text.Append(next[x].Glyph.ToString());
            }
        }
    }

    /// <returns>The column after the last that differs, where what comes is alike for more than <see cref="Gap"/>.</returns>
    private static int EndOfDifference(ReadOnlySpan<Cell> shown, ReadOnlySpan<Cell> next, int from)
    {
        int end = from + 1;
        for (int x = end; x < next.Length && x - end <= Gap; x++)
        {
            if (shown[x] != next[x])
                end = x + 1;
        }
        while (end < next.Length && next[end].Glyph == Cell.Rest)
            end++;
        return end;
    }
}

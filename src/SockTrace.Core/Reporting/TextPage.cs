using System.Text;
using SockTrace.Reading;

namespace SockTrace.Reporting;

/// <summary>Lines of text for a terminal. What a name may hold that would drive one is made visible.</summary>
/// <param name="width">Columns that running text is wrapped at.</param>
/// <param name="hasColours">Whether lines may be coloured.</param>
internal sealed class TextPage(int width = 100, bool hasColours = false)
{
    private readonly StringBuilder _text = new();

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(_text.ToString());

    public override string ToString() => _text.ToString();

    public void Line(string text = "")
    {
        _text.Append(VisibleText.Of(text));
        while (_text.Length > 0 && _text[^1] == ' ')
            _text.Length--;
        _text.Append('\n');
    }

    /// <summary>A line in a colour, where there are any.</summary>
    /// <param name="text">The line.</param>
    /// <param name="colour">As select graphic rendition numbers it (ECMA-48): <c>31</c>, <c>1;31</c>; empty for none.</param>
    public void Line(string text, string colour)
    {
        bool isColoured = hasColours && colour.Length > 0;
        if (isColoured)
            _text.Append("\e[").Append(colour).Append('m');
        Line(text);
        if (isColoured)
            _text.Insert(_text.Length - 1, "\e[0m");
    }

    public void Heading(string text)
    {
        Line();
        Line(text);
    }

    /// <summary>Running text, wrapped between words.</summary>
    /// <param name="text">One paragraph.</param>
    /// <param name="first">What the first line begins with.</param>
    /// <param name="rest">What the others begin with.</param>
    /// <param name="colour">As <see cref="Line(string, string)"/> takes it.</param>
    public void Paragraph(string text, string first, string rest, string colour = "")
    {
        var line = new StringBuilder(first);
        bool isEmpty = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && line.Length + 1 + word.Length > width)
            {
                Line(line.ToString(), colour);
                line.Clear().Append(rest);
                isEmpty = true;
            }
            line.Append(isEmpty ? "" : " ").Append(word);
            isEmpty = false;
        }
        Line(line.ToString(), colour);
    }

    /// <summary>Rows of cells, the first column to the left, the others to the right, each as wide as its widest.</summary>
    /// <param name="rows">The first is the heading; all are of the same length.</param>
    public void Table(IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
            Line("  " + string.Join("  ", row.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))));
    }
}

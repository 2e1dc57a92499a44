using System.Text;
using SockTrace.Reading;

namespace SockTrace.Reporting;

/// <summary>Lines of text for a terminal. What a name may hold that would drive one is made visible.</summary>
internal sealed class TextPage
{
    private readonly StringBuilder _text = new();
    private readonly int _width;

    /// <param name="width">Columns that running text is wrapped at.</param>
    public TextPage(int width = 100) => _width = width;

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(_text.ToString());

    public override string ToString() => _text.ToString();

    public void Line(string text = "")
    {
        _text.Append(VisibleText.Of(text));
        while (_text.Length > 0 && _text[^1] == ' ')
            _text.Length--;
        _text.Append('\n');
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
    public void Paragraph(string text, string first, string rest)
    {
        var line = new StringBuilder(first);
        bool isEmpty = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && line.Length + 1 + word.Length > _width)
            {
                Line(line.ToString());
                line.Clear().Append(rest);
                isEmpty = true;
            }
            line.Append(isEmpty ? "" : " ").Append(word);
            isEmpty = false;
        }
        Line(line.ToString());
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

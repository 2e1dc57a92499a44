using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SockTrace.Tests.Support;

/// <summary>As much of a terminal as a frame needs: the cursor, cells, and one attribute for each cell.</summary>
internal sealed partial class Vt(int width, int height)
{
    private readonly string[] _cells = [.. Enumerable.Repeat(" ", width * height)];
    private readonly string[] _styles = [.. Enumerable.Repeat("", width * height)];
    private string _style = "";
    private int _x, _y;

    /// <summary>What a cell shows; of a wide glyph's second column nothing.</summary>
    public string At(int x, int y) => _cells[(y * width) + x];

    /// <summary>The escape sequences that give the cell its look, since the last reset.</summary>
    public string StyleAt(int x, int y) => _styles[(y * width) + x];

    public void Write(byte[] bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        for (int i = 0; i < text.Length;)
        {
            Match escape = Escape().Match(text, i);
            if (escape.Success && escape.Index == i)
            {
                Obey(escape.Groups[1].Value, escape.Groups[2].Value[0], escape.Value);
                i += escape.Length;
                continue;
            }
            Assert.NotEqual('\x1b', text[i]);
            var rune = Rune.GetRuneAt(text, i);
            i += rune.Utf16SequenceLength;
            Put(rune.ToString());
            if (IsWide(rune))
                Put("");
        }
    }

    /// <summary>Those that the tests use.</summary>
    public static bool IsWide(Rune rune) => rune.Value is >= 0x4e00 and <= 0x9fff;

    /// <summary>What comes over one half of a wide glyph takes the other away.</summary>
    private void Put(string glyph)
    {
        int at = (_y * width) + _x;
        if (_cells[at].Length == 0 && glyph.Length > 0)
            _cells[at - 1] = " ";
        if (_x + 1 < width && _cells[at + 1].Length == 0)
            _cells[at + 1] = " ";
        _cells[at] = glyph;
        _styles[at] = _style;
        _x++;
    }

    private void Obey(string arguments, char command, string sequence)
    {
        int[] numbers = [.. arguments.Split(';').Select(number => number.Length == 0 ? 0 : int.Parse(number, CultureInfo.InvariantCulture))];
        switch (command)
        {
            case 'H':
                (_y, _x) = (numbers[0] - 1, numbers[1] - 1);
                break;
            case 'J' when numbers[0] == 2:
                Array.Fill(_cells, " ");
                Array.Fill(_styles, "");
                break;
            case 'm':
                _style = arguments is "0" or "" ? "" : _style + sequence;
                break;
            default:
                Assert.Fail($"what does {sequence[1..]} do?");
                break;
        }
    }

    [GeneratedRegex(@"\x1b\[([0-9;]*)([A-Za-z])")]
    private static partial Regex Escape();
}

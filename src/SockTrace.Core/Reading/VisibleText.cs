using System.Globalization;
using System.Text;

namespace SockTrace.Reading;

/// <summary>Text out of traces and names of files, fit to be looked at: what would drive a terminal is made visible.</summary>
internal static class VisibleText
{
    public static string Of(string text)
    {
        var visible = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format)
                visible.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else
                visible.Append(rune);
        }
        return visible.ToString();
    }
}

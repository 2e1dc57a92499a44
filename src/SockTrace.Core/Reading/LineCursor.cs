using System.Runtime.CompilerServices;

namespace SockTrace.Reading;

/// <summary>
/// Goes through a line that is expected to be in our own field order. Whoever finds something
/// else gives up, and the ordinary JSON reader decides.
/// </summary>
internal ref struct LineCursor(ReadOnlySpan<byte> line)
{
    /// <summary>Digits of which a number can have any: more may not fit.</summary>
    private const int MaxDigits = 18;

    private readonly ReadOnlySpan<byte> _line = line;
    private int _at;

    public readonly bool IsAtEnd => _at == _line.Length;

    /// <summary>Goes over <paramref name="literal"/>, if it stands here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Take(ReadOnlySpan<byte> literal)
    {
        if (!_line[_at..].StartsWith(literal))
            return false;
        _at += literal.Length;
        return true;
    }

    /// <summary>A whole number as JSON writes it, without exponent.</summary>
    public bool TryNumber(out long value)
    {
        value = 0;
        int start = _at;
        while (_at < _line.Length)
        {
            uint digit = (uint)(_line[_at] - '0');
            if (digit > 9)
                break;
            value = (value * 10) + digit;
            _at++;
        }
        int digits = _at - start;
        return digits is > 0 and <= MaxDigits && (digits == 1 || _line[start] != '0');
    }

    public bool TryNumber(long max, out long value) => TryNumber(out value) && value <= max;

    /// <summary>The rest of a string that has begun, and its closing quote. Not one with escapes, or beyond ASCII.</summary>
    public bool TryText(out ReadOnlySpan<byte> text)
    {
        int start = _at;
        for (; _at < _line.Length; _at++)
        {
            byte b = _line[_at];
            if (b == '"')
            {
                text = _line[start.._at++];
                return true;
            }
            if (b is < 0x20 or >= 0x80 or (byte)'\\')
                break;
        }
        text = default;
        return false;
    }

    /// <summary>An id up to its closing quote: a cookie in hex, or a number of the tracer's own after a tilde.</summary>
    public bool TryId(out ulong id, out bool isCookie)
    {
        isCookie = !Take("~"u8);
        return TryText(out ReadOnlySpan<byte> text) & TryHex(text, out id);
    }

    /// <summary>1 to 16 digits in lower case.</summary>
    public static bool TryHex(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        foreach (byte b in text)
        {
            uint digit = b <= '9' ? (uint)(b - '0') : (uint)(b - 'a') <= 5 ? (uint)(b - 'a' + 10) : 16;
            if (digit > 15)
                return false;
            value = value << 4 | digit;
        }
        return text.Length is > 0 and <= 16;
    }
}

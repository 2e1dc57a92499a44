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
        ReadOnlySpan<byte> rest = _line[_at..];
        long number = 0;
        int digits = 0;
        for (; digits < rest.Length; digits++)
        {
            uint digit = (uint)(rest[digits] - '0');
            if (digit > 9)
                break;
            number = (number * 10) + digit;
        }
        _at += digits;
        value = number;
        return digits is > 0 and <= MaxDigits && (digits == 1 || rest[0] != '0');
    }

    public bool TryNumber(long max, out long value) => TryNumber(out value) && value <= max;

    /// <summary>The rest of a string that has begun, and its closing quote. Not one with escapes, or beyond ASCII.</summary>
    public bool TryText(out ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> rest = _line[_at..];
        for (int length = 0; length < rest.Length; length++)
        {
            byte b = rest[length];
            if (b == '"')
            {
                text = rest[..length];
                _at += length + 1;
                return true;
            }
            if (b is < 0x20 or >= 0x80 or (byte)'\\')
                break;
        }
        text = default;
        return false;
    }

    /// <summary>The rest of a string that has begun, if it has this length. Who parses it refuses escapes.</summary>
    public bool TryText(int length, out ReadOnlySpan<byte> text)
    {
        if (_line.Length - _at <= length || _line[_at + length] != '"')
        {
            text = default;
            return false;
        }
        text = _line.Slice(_at, length);
        _at += length + 1;
        return true;
    }

    /// <summary>An IPv4 address up to its closing quote: four numbers without leading zeros. If there is none, the cursor stays.</summary>
    public bool TryIPv4(out uint bits)
    {
        bits = 0;
        int dots = 0, digits = 0;
        uint number = 0;
        ReadOnlySpan<byte> rest = _line[_at..];
        for (int at = 0; at < rest.Length; at++)
        {
            byte b = rest[at];
            uint digit = (uint)(b - '0');
            if (digit <= 9)
            {
                if ((digits > 0 && number == 0) || (number = (number * 10) + digit) > 255)
                    return false;
                digits++;
            }
            else if (b == '.' && digits > 0 && dots < 3)
            {
                bits = bits << 8 | number;
                (number, digits) = (0, 0);
                dots++;
            }
            else
            {
                bits = bits << 8 | number;
                if (b != '"' || dots != 3 || digits == 0)
                    return false;
                _at += at + 1;
                return true;
            }
        }
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
        ulong number = 0;
        value = 0;
        foreach (byte b in text)
        {
            uint digit = b <= '9' ? (uint)(b - '0') : (uint)(b - 'a') <= 5 ? (uint)(b - 'a' + 10) : 16;
            if (digit > 15)
                return false;
            number = number << 4 | digit;
        }
        value = number;
        return text.Length is > 0 and <= 16;
    }
}

using SockTrace.Output;

namespace SockTrace.Reading;

/// <summary>
/// Reads RFC 3339 timestamps in UTC with nine digits, as <see cref="TimestampFormat"/> writes them;
/// the part down to the second is kept from the last one.
/// </summary>
internal struct TimestampParser()
{
    private const int SecondLength = 19; // 2026-11-23T10:12:13
    private const long NsPerSecond = 1_000_000_000;

    /// <summary>The second that <see cref="_secondNs"/> is.</summary>
    private readonly byte[] _second = [.. "1970-01-01T00:00:00"u8];

    private long _secondNs;

    /// <param name="text">Exactly <see cref="TimestampFormat.Length"/> bytes, or it is none.</param>
    /// <param name="unixNs">Nanoseconds since 1970-01-01 UTC.</param>
    public bool TryParse(ReadOnlySpan<byte> text, out long unixNs)
    {
        unixNs = long.MinValue;
        if (text.Length != TimestampFormat.Length || text[SecondLength] != '.' || text[^1] != 'Z')
            return false;
        if (!text[..SecondLength].SequenceEqual(_second) && !TryKeepSecond(text[..SecondLength]))
            return false;
        if (!TryDigits(text[(SecondLength + 1)..^1], out int ns))
            return false;
        unixNs = _secondNs + ns;
        return true;
    }

    private bool TryKeepSecond(ReadOnlySpan<byte> text)
    {
        if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':'
            || !TryDigits(text[..4], out int year) || !TryDigits(text[5..7], out int month)
            || !TryDigits(text[8..10], out int day) || !TryDigits(text[11..13], out int hour)
            || !TryDigits(text[14..16], out int minute) || !TryDigits(text[17..19], out int second)
            || year is < 1970 or > 2261 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59)
            return false;
        var time = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc);
        _secondNs = (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond * NsPerSecond;
        text.CopyTo(_second);
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (byte b in text)
        {
            uint digit = (uint)(b - '0');
            if (digit > 9)
                return false;
            value = (value * 10) + (int)digit;
        }
        return true;
    }
}

using System.Globalization;

namespace SockTrace.Output;

/// <summary>Writes times of day; the part down to the second is kept from the last one.</summary>
internal struct TimeOfDayFormat(TimeZoneInfo zone)
{
    private const long NsPerSecond = 1_000_000_000;
    private const int SecondLength = 8; // 12:34:56

    private readonly byte[] _second = new byte[SecondLength];
    private long _unixSecond = long.MinValue;

    /// <summary>Bytes of a time: <c>12:34:56.789</c>.</summary>
    public const int Length = SecondLength + 4;

    public int Write(long unixNs, Span<byte> destination)
    {
        long second = Math.DivRem(unixNs, NsPerSecond, out long ns);
        if (second != _unixSecond)
        {
            var local = TimeZoneInfo.ConvertTimeFromUtc(DateTime.UnixEpoch.AddSeconds(second), zone);
            local.TryFormat(_second, out _, "HH:mm:ss", CultureInfo.InvariantCulture);
            _unixSecond = second;
        }
        _second.CopyTo(destination);
        destination[SecondLength] = (byte)'.';
        Digits.WritePadded(ref destination[SecondLength + 1], (uint)(ns / 1_000_000), 3);
        return Length;
    }
}

using System.Globalization;

namespace SockTrace.Output;

/// <summary>Writes RFC 3339 timestamps; the part down to the second is kept from the last one.</summary>
internal struct TimestampFormat()
{
    private const long NsPerSecond = 1_000_000_000;
    private const int SecondLength = 19; // 2026-11-23T10:12:13

    private readonly byte[] _second = new byte[SecondLength];
    private long _unixSecond = long.MinValue;

    /// <summary>Bytes of a timestamp: <c>2026-11-23T10:12:13.123456789Z</c>.</summary>
    public const int Length = SecondLength + 11;

    /// <returns><see cref="Length"/>.</returns>
    public int Write(long unixNs, Span<byte> destination)
    {
        long second = Math.DivRem(unixNs, NsPerSecond, out long ns);
        if (second != _unixSecond)
            KeepSecond(second);
        _second.CopyTo(destination);
        destination[SecondLength] = (byte)'.';
        Digits.WritePadded(ref destination[SecondLength + 1], (uint)ns, 9);
        destination[SecondLength + 10] = (byte)'Z';
        return Length;
    }

    private void KeepSecond(long second)
    {
        DateTime.UnixEpoch.AddSeconds(second)
            .TryFormat(_second, out _, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        _unixSecond = second;
    }
}

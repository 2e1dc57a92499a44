using System.Buffers.Binary;
using System.Buffers.Text;

namespace SockTrace.Events;

/// <summary>
/// An IPv6 address as text after RFC 5952: lower case, no leading zeros, the longest run of
/// at least two zero groups as <c>::</c>. <see cref="System.Net.IPAddress"/> does the same, but
/// it is an object, and addresses are written once an event.
/// </summary>
internal static class IPv6Text
{
    /// <summary>The longest text, bytes: an address with a dotted quad at its end.</summary>
    public const int MaxLength = 45;

    /// <param name="bytes">16 bytes in network order.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>The length of the text.</returns>
    public static int Format(ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        (int zerosStart, int zerosEnd) = LongestZeros(bytes);
        int length = 0;
        for (int group = 0; group < 8; group++)
        {
            if (group == zerosStart)
            {
                destination[length++] = (byte)':';
                destination[length++] = (byte)':';
                group = zerosEnd - 1;
                continue;
            }
            if (group > 0 && group != zerosEnd)
                destination[length++] = (byte)':';
            ushort value = BinaryPrimitives.ReadUInt16BigEndian(bytes[(group * 2)..]);
            Utf8Formatter.TryFormat(value, destination[length..], out int written, HexFormat(value));
            length += written;
        }
        return length;
    }

    private static System.Buffers.StandardFormat HexFormat(ushort value) =>
        new('x', value switch { < 0x10 => 1, < 0x100 => 2, < 0x1000 => 3, _ => 4 });

    private static (int Start, int End) LongestZeros(ReadOnlySpan<byte> bytes)
    {
        int bestStart = -1, bestEnd = -1;
        for (int group = 0; group < 8; group++)
        {
            int end = group;
            while (end < 8 && bytes[end * 2] == 0 && bytes[(end * 2) + 1] == 0)
                end++;
            if (end - group >= 2 && end - group > bestEnd - bestStart)
                (bestStart, bestEnd) = (group, end);
            group = Math.Max(group, end);
        }
        return (bestStart, bestEnd);
    }
}

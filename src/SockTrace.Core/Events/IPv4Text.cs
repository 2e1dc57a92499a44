using System.Runtime.CompilerServices;
using SockTrace.Output;

namespace SockTrace.Events;

/// <summary>An IPv4 address as a dotted quad.</summary>
internal static class IPv4Text
{
    /// <summary>The longest text, and the dot that is written after the last byte, bytes.</summary>
    public const int Room = 16;

    /// <param name="bits">Most significant byte first.</param>
    /// <param name="destination">At least <see cref="Room"/> bytes.</param>
    /// <returns>The length of the text.</returns>
    public static int Format(uint bits, Span<byte> destination)
    {
        ref byte start = ref destination[..Room][0];
        int length = Append(ref start, bits >> 24);
        length += Append(ref Unsafe.Add(ref start, length), (bits >> 16) & 0xFF);
        length += Append(ref Unsafe.Add(ref start, length), (bits >> 8) & 0xFF);
        length += Append(ref Unsafe.Add(ref start, length), bits & 0xFF);
        return length - 1;
    }

    private static int Append(ref byte destination, uint value)
    {
        int length = Digits.WriteDecimal(ref destination, value);
        Unsafe.Add(ref destination, length) = (byte)'.';
        return length + 1;
    }
}

using System.Buffers.Binary;
using SockTrace.Events;

namespace SockTrace.Screen;

/// <summary>Whatever a column holds as a number that sorts alike.</summary>
internal static class SortKey
{
    public static UInt128 Of(long value) => (ulong)(value ^ long.MinValue);

    public static UInt128 Of(ulong value) => value;

    /// <summary>Infinity is the largest; there is nothing that is no number.</summary>
    public static UInt128 Of(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        return Of(bits < 0 ? ~bits | long.MinValue : bits);
    }

    public static UInt128 Of(in Comm comm) => BinaryPrimitives.ReadUInt128BigEndian(comm);

    /// <summary>IPv4 before IPv6, by address and then by port. (Of an IPv6 address the last two bytes do not count.)</summary>
    public static UInt128 Of(IpAddress address, ushort port)
    {
        if (address.IsIPv4)
            return ((UInt128)address.IPv4Bits << 16) | port;
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, address.First);
        BitConverter.TryWriteBytes(bytes[8..], address.Second);
        return ((BinaryPrimitives.ReadUInt128BigEndian(bytes) >> 16) << 16) | port;
    }
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SockTrace.Events;

/// <summary>
/// An address as 16 bytes in network order, IPv4 as <c>::ffff:a.b.c.d</c>: one shape for
/// comparing, hashing and masking, whatever the family.
/// </summary>
/// <remarks>Two words in memory order, so that it is blittable and compares fast.</remarks>
internal readonly record struct IpAddress(ulong First, ulong Second)
{
    /// <summary>The bytes 00 00 ff ff, which stand before the four of an IPv4 address.</summary>
    private static readonly uint MappedWord =
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(0xffffu) : 0xffffu;

    private static readonly IpAddress IPv6Loopback = From(IPAddress.IPv6Loopback);

    /// <summary>Whether this is <c>::ffff:a.b.c.d</c>.</summary>
    public bool IsIPv4 => First == 0 && (BitConverter.IsLittleEndian ? (uint)Second : (uint)(Second >> 32)) == MappedWord;

    /// <summary>Whether no address is set: <c>::</c> or <c>0.0.0.0</c>.</summary>
    public bool IsAny => First == 0 && (Second == 0 || (IsIPv4 && IPv4Bits == 0));

    /// <summary>Whether this is in 127.0.0.0/8, or <c>::1</c>.</summary>
    public bool IsLoopback => IsIPv4 ? IPv4Bits >> 24 == 127 : this == IPv6Loopback;

    /// <summary>The IPv4 address's number, most significant byte first. Only where <see cref="IsIPv4"/>.</summary>
    public uint IPv4Bits => BitConverter.IsLittleEndian
        ? BinaryPrimitives.ReverseEndianness((uint)(Second >> 32))
        : (uint)Second;

    public static IpAddress FromIPv4(uint bits) => BitConverter.IsLittleEndian
        ? new(0, (ulong)BinaryPrimitives.ReverseEndianness(bits) << 32 | MappedWord)
        : new(0, (ulong)MappedWord << 32 | bits);

    /// <param name="bytes">16 bytes in network order.</param>
    public static IpAddress FromBytes(ReadOnlySpan<byte> bytes) =>
        new(BitConverter.ToUInt64(bytes), BitConverter.ToUInt64(bytes[8..]));

    public static IpAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        (address.AddressFamily == AddressFamily.InterNetwork ? address.MapToIPv6() : address)
            .TryWriteBytes(bytes, out _);
        return FromBytes(bytes);
    }

    /// <summary>Writes the address as text, <c>::ffff:a.b.c.d</c> as IPv4 (RFC 5952 otherwise).</summary>
    /// <param name="destination">At least 45 bytes.</param>
    /// <returns>The length of the text.</returns>
    public int Format(Span<byte> destination)
    {
        if (IsIPv4)
            return IPv4Text.Format(IPv4Bits, destination);

        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, First);
        BitConverter.TryWriteBytes(bytes[8..], Second);
        return IPv6Text.Format(bytes, destination);
    }

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[IPv6Text.MaxLength];
        return System.Text.Encoding.ASCII.GetString(text[..Format(text)]);
    }
}

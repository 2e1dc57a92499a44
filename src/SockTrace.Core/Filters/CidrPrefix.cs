using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SockTrace.Events;

namespace SockTrace.Filters;

/// <summary>
/// An address prefix, IPv4 as ::ffff:0:0/96 and longer. A shorter one that lies around those is of
/// IPv6, and has no IPv4 addresses in it.
/// </summary>
/// <param name="Prefix">The address, with zeros beyond the mask.</param>
/// <param name="Mask">Ones where an address must agree.</param>
internal readonly record struct CidrPrefix(IpAddress Prefix, IpAddress Mask)
{
    public bool Contains(IpAddress address) =>
        (address.First & Mask.First) == Prefix.First && (address.Second & Mask.Second) == Prefix.Second
        && (Prefix.IsIPv4 || !address.IsIPv4);

    /// <summary>Takes <c>10.0.0.0/8</c>, <c>2001:db8::/32</c>, or one address.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="prefix">The prefix, where the text is one.</param>
    /// <param name="error">What is wrong with it and what would be right, where it is not.</param>
    public static bool TryParse(string text, out CidrPrefix prefix, out string error)
    {
        prefix = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string addressText = slash < 0 ? text : text[..slash];
        if (!IPAddress.TryParse(addressText, out IPAddress? address) || addressText.Contains('%', StringComparison.Ordinal)
            || (address.AddressFamily == AddressFamily.InterNetwork && addressText.Count(c => c == '.') != 3))
        {
            error = $"'{addressText}' is not an IPv4 or IPv6 address";
            return false;
        }

        int bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        int length = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length)
            || length > bits))
        {
            error = $"the prefix length '{text[(slash + 1)..]}' is not a number from 0 to {bits}";
            return false;
        }

        IpAddress mask = MaskOf(length + 128 - bits);
        IpAddress whole = IpAddress.From(address);
        prefix = new CidrPrefix(new IpAddress(whole.First & mask.First, whole.Second & mask.Second), mask);
        error = "";
        return true;
    }

    private static IpAddress MaskOf(int length)
    {
        Span<byte> bytes = stackalloc byte[16];
        for (int i = 0; i < 16; i++)
            bytes[i] = (byte)(0xFF00 >> Math.Clamp(length - (i * 8), 0, 8));
        return IpAddress.FromBytes(bytes);
    }
}

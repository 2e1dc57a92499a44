using System.Net;
using SockTrace.Events;

namespace SockTrace.Reading;

/// <summary>Reads addresses as <see cref="IpAddress.Format"/> writes them; the last that was not IPv4 is kept.</summary>
internal struct AddressParser()
{
    private readonly byte[] _lastText = new byte[IPv6Text.MaxLength];
    private int _lastLength;
    private IpAddress _last;

    public bool TryParse(ReadOnlySpan<byte> text, out IpAddress address)
    {
        if (TryIPv4(text, out uint bits))
        {
            address = IpAddress.FromIPv4(bits);
            return true;
        }
        if (text.SequenceEqual(_lastText.AsSpan(0, _lastLength)))
        {
            address = _last;
            return _lastLength > 0;
        }
        address = default;
        // The framework also takes a scope (%eth0), brackets with a port behind them, and a prefix length.
        if (text.Length > _lastText.Length || !text.Contains((byte)':') || text.ContainsAny("%[]/"u8)
            || !IPAddress.TryParse(text, out IPAddress? parsed))
            return false;
        text.CopyTo(_lastText);
        _lastLength = text.Length;
        address = _last = IpAddress.From(parsed);
        return true;
    }

    /// <summary>Four numbers without leading zeros: what else inet_aton() takes is not written in traces.</summary>
    private static bool TryIPv4(ReadOnlySpan<byte> text, out uint bits)
    {
        bits = 0;
        int dots = 0, digits = 0;
        uint number = 0;
        if (text.Length is < 7 or > 15)
            return false;
        foreach (byte b in text)
        {
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
                number = 0;
                digits = 0;
                dots++;
            }
            else
            {
                return false;
            }
        }
        bits = bits << 8 | number;
        return dots == 3 && digits > 0;
    }
}

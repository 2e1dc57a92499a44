using System.Net;
using SockTrace.Events;

namespace SockTrace.Reading;

/// <summary>Reads addresses as <see cref="IpAddress.Format"/> writes them; the last one is kept.</summary>
internal struct AddressParser()
{
    private readonly byte[] _lastText = new byte[IPv6Text.MaxLength];
    private int _lastLength;
    private IpAddress _last;

    public bool TryParse(ReadOnlySpan<byte> text, out IpAddress address)
    {
        if (text.SequenceEqual(_lastText.AsSpan(0, _lastLength)))
        {
            address = _last;
            return _lastLength > 0;
        }
        address = default;
        if (text.Length > _lastText.Length || !TryParseNew(text, out address))
            return false;
        text.CopyTo(_lastText);
        _lastLength = text.Length;
        _last = address;
        return true;
    }

    private static bool TryParseNew(ReadOnlySpan<byte> text, out IpAddress address)
    {
        address = default;
        if (!text.Contains((byte)':'))
        {
            // What else inet_aton() takes is not written in traces.
            Span<byte> quoted = [.. text, (byte)'"'];
            if (!new LineCursor(quoted).TryIPv4(out uint bits))
                return false;
            address = IpAddress.FromIPv4(bits);
            return true;
        }
        // The framework also takes a scope (%eth0), brackets with a port behind them, and a prefix length.
        if (text.ContainsAny("%[]/"u8) || !IPAddress.TryParse(text, out IPAddress? parsed))
            return false;
        address = IpAddress.From(parsed);
        return true;
    }
}

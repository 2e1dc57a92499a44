using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Output;

/// <summary>
/// The fields that are alike in all records of a connection, as finished JSON: a connection
/// has half a dozen records, and addresses and numbers are the dearest part of each. Direct
/// mapped by id; whoever comes to an occupied place takes it.
/// </summary>
internal sealed class TupleTexts
{
    private const int Places = 1024;

    /// <summary>id, netns, family, two addresses and two ports with their names, at their longest.</summary>
    private const int MaxLength = 256;

    private readonly Key[] _keys = new Key[Places];
    private readonly short[] _identityLengths = new short[Places];
    private readonly short[] _lengths = new short[Places];
    private readonly byte[] _texts = new byte[Places * MaxLength];

    /// <summary>Finds or makes the texts of a connection. They are valid until the next call.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="identity"><c>,"id":…,"netns":…</c></param>
    /// <param name="fourTuple"><c>,"family":…</c> to <c>"rport":…</c>, without what is unknown.</param>
    public void Get(ConnectionView connection, out ReadOnlySpan<byte> identity, out ReadOnlySpan<byte> fourTuple)
    {
        var key = new Key(connection.Id, connection.IdIsCookie, connection.Netns, connection.Family, connection.Role == Role.Listener,
            connection.Laddr, connection.Raddr, connection.Lport, connection.Rport);
        int place = (int)((key.Id * 0x9E3779B97F4A7C15) >> 54);
        if (_keys[place] != key)
        {
            _keys[place] = key;
            Write(place, connection);
        }
        int start = place * MaxLength;
        identity = _texts.AsSpan(start, _identityLengths[place]);
        fourTuple = _texts.AsSpan(start + _identityLengths[place], _lengths[place] - _identityLengths[place]);
    }

    private void Write(int place, ConnectionView connection)
    {
        var line = new JsonLine(_texts.AsSpan(place * MaxLength, MaxLength));
        line.Identity(connection.Id, connection.IdIsCookie, connection.Netns);
        _identityLengths[place] = (short)line.Length;
        line.Family(connection.Family);
        // A listener may be bound to any address, and has no peer.
        if (!connection.Laddr.IsAny || connection.Role == Role.Listener)
            line.Field(",\"laddr\":"u8, connection.Laddr);
        if (connection.Lport != 0)
            line.Field(",\"lport\":"u8, connection.Lport);
        if (connection.Rport != 0)
        {
            line.Field(",\"raddr\":"u8, connection.Raddr);
            line.Field(",\"rport\":"u8, connection.Rport);
        }
        _lengths[place] = (short)line.Length;
    }

    private readonly record struct Key(
        ulong Id, bool IdIsCookie, uint Netns, IpFamily Family, bool IsListener,
        IpAddress Laddr, IpAddress Raddr, ushort Lport, ushort Rport);
}

using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>A local end: what the reuse of a port is about.</summary>
internal readonly record struct PortKey(IpAddress Laddr, uint Netns, ushort Lport)
{
    public override int GetHashCode() => KeyHash.Of(Laddr, Netns, Lport);
}

/// <summary>What a local port must be free for: the pool toward one destination.</summary>
internal readonly record struct PoolKey(IpAddress Laddr, IpAddress Raddr, uint Netns, ushort Rport)
{
    public override int GetHashCode() => KeyHash.Of(Laddr, Netns, KeyHash.Of(Raddr, 0, Rport));
}

/// <summary>A whole four-tuple.</summary>
internal readonly record struct TupleKey(IpAddress Laddr, IpAddress Raddr, uint Netns, ushort Lport, ushort Rport)
{
    public override int GetHashCode() => KeyHash.Of(Laddr, Netns, KeyHash.Of(Raddr, Lport, Rport));
}

internal static class KeyHash
{
    // Of this process only: who has a /64 chooses 64 bits of his address, and must not choose his place.
    private static readonly ulong Secret1 = Random(), Secret2 = Random(), Secret3 = Random();

    /// <summary>Mixes what differs between keys; RowIndex spreads it.</summary>
    public static int Of(IpAddress address, uint a, int b)
    {
        ulong high = Math.BigMul(address.First ^ Secret1, address.Second ^ Secret2, out ulong low);
        high = Math.BigMul(high ^ low ^ ((ulong)a << 32 | (uint)b), Secret3, out low);
        return (int)(high ^ low);
    }

    // RandomNumberGenerator would take OpenSSL, which a host need not have.
    private static ulong Random() => (ulong)System.Random.Shared.NextInt64() << 1 | 1;
}

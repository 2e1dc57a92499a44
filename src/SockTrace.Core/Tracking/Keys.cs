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
    /// <summary>Mixes what differs between keys; RowIndex spreads it.</summary>
    public static int Of(IpAddress address, uint a, int b)
    {
        ulong mixed = (address.First ^ (address.Second * 0x9E3779B97F4A7C15)) + (a * 0xC2B2AE3D27D4EB4Ful) + ((ulong)(uint)b * 0xD6E8FEB86659FD93);
        return (int)(mixed ^ (mixed >> 32));
    }
}

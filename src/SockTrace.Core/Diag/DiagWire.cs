using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using SockTrace.Events;

namespace SockTrace.Diag;

/// <summary>struct nlmsghdr, include/uapi/linux/netlink.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetlinkHeader
{
    public const int Size = 16;

    /// <summary>Types: an error, the end of a dump.</summary>
    public const ushort Error = 2, Done = 3;

    /// <summary>NLM_F_REQUEST | NLM_F_DUMP.</summary>
    public const ushort RequestDump = 0x301;

    /// <summary>NLM_F_DUMP_INTR: what is dumped changed meanwhile in a way that makes the dump inconsistent.</summary>
    public const ushort DumpInterrupted = 0x10;

    /// <summary>With the header, without the padding to 4 bytes.</summary>
    public uint Length;

    public ushort Type;
    public ushort Flags;
    public uint Sequence;
    public uint Port;
}

/// <summary>struct inet_diag_sockid: ports and addresses in network order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DiagSocketId
{
    public ushort SourcePort;
    public ushort DestinationPort;
    public fixed byte Source[16];
    public fixed byte Destination[16];
    public uint Interface;
    public uint CookieLow;
    public uint CookieHigh;
}

/// <summary>struct inet_diag_req_v2, after its header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DiagRequest
{
    /// <summary>SOCK_DIAG_BY_FAMILY.</summary>
    public const ushort ByFamily = 20;

    public const byte Tcp = 6;

    public NetlinkHeader Header;
    public byte Family;
    public byte Protocol;
    public byte Extensions;
    public byte Padding;
    public uint States;
    public DiagSocketId Id;
}

/// <summary>struct inet_diag_msg; attributes follow it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DiagMessage
{
    public const int Size = 72;

    public byte Family;
    public byte State;
    public byte Timer;
    public byte Retransmits;
    public DiagSocketId Id;

    /// <summary>Milliseconds.</summary>
    public uint Expires;

    public uint ReceiveQueue;
    public uint WriteQueue;
    public uint Uid;
    public uint Inode;

    public readonly DiagSocket ToSocket(IpFamily family) => new(
        family, AddressOf(family, Id, isSource: true), HostOrder(Id.SourcePort),
        AddressOf(family, Id, isSource: false), HostOrder(Id.DestinationPort),
        (TcpState)State, Timer, Expires * 1_000_000L, Uid, Inode, (ulong)Id.CookieHigh << 32 | Id.CookieLow);

    private static ushort HostOrder(ushort port) => (ushort)IPAddress.NetworkToHostOrder((short)port);

    /// <summary>Of IPv4 only the first four bytes count (inet_diag_msg_common_fill()).</summary>
    private static IpAddress AddressOf(IpFamily family, in DiagSocketId id, bool isSource)
    {
        fixed (byte* source = id.Source, destination = id.Destination)
        {
            var bytes = new ReadOnlySpan<byte>(isSource ? source : destination, 16);
            return family == IpFamily.IPv4 ? IpAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes)) : IpAddress.FromBytes(bytes);
        }
    }
}

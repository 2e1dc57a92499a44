using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using SockTrace.Events;

namespace SockTrace.Diag;

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

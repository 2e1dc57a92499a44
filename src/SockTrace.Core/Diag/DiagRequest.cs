using System.Runtime.InteropServices;

namespace SockTrace.Diag;

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

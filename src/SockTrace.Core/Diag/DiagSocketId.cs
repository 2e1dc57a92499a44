using System.Runtime.InteropServices;

namespace SockTrace.Diag;

/// <summary>struct inet_diag_sockid: ports and addresses in network order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DiagSocketId
{
    public ushort SourcePort;
    public ushort DestinationPort;
    public fixed byte Source[16];
    public fixed byte Destination[16];

    /// <summary>In a request 0 is any.</summary>
    public uint Interface;

    public uint CookieLow;
    public uint CookieHigh;
}

using System.Runtime.InteropServices;
using SockTrace.Events;

namespace SockTrace.Screen;

/// <summary>A connection or a mini-socket that is there now. A time of 0 is unknown.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct ConnectionRow
{
    public SocketIdentity Socket;
    public TcpState State;

    /// <summary>Nanoseconds in this state; -1 is unknown.</summary>
    public long InStateNs;

    /// <summary>Nanoseconds since its first transition; -1 is unknown, as for a mini-socket.</summary>
    public long AgeNs;

    public bool IsMiniSocket;
}

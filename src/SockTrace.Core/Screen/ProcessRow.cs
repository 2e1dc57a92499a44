using System.Runtime.InteropServices;
using SockTrace.Events;

namespace SockTrace.Screen;

/// <summary>What a process did, and what it has now.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct ProcessRow
{
    public uint Pid;
    public Comm Comm;

    /// <summary>connect()s in the last second.</summary>
    public long OpenedLately;

    public long Opened;

    /// <summary>Connections that it had accepted and that are closed: before that the owner is not always known.</summary>
    public long Accepted;

    public long Closed;
    public long Failed;

    /// <summary>connect()s that found no local port.</summary>
    public long Exhausted;

    public ulong Sent;
    public ulong Received;

    /// <summary>Sockets that it has.</summary>
    public int Live;

    /// <summary>Mini-sockets that its connections left behind.</summary>
    public int TimeWaits;
}

using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>Something that happened to a connection, as the screen keeps it. What is 0 is unknown.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct RecentEvent
{
    /// <summary>Counts all events of the run, from 1.</summary>
    public long Number;

    /// <summary>As the source's times.</summary>
    public long TimeNs;

    public RecentEventKind Kind;
    public SocketIdentity Socket;

    /// <summary>The state that it came to; of a mini-socket the one that it left.</summary>
    public TcpState State;

    public TcpState Old;

    /// <summary>Nanoseconds in the old state, of a connection that closed its lifetime, of a mini-socket how long it was one; -1 is unknown.</summary>
    public long LastedNs;

    public CloseReason Reason;
    public MiniSocketEnding Ending;

    /// <summary>Of a connection that closed; null where the source cannot tell.</summary>
    public CloseTotals? Totals;
}

/// <summary>What happened.</summary>
internal enum RecentEventKind : byte
{
    Transition,
    Closed,
    TimeWaitEnded,
    PortExhausted,
}

using SockTrace.Events;

namespace SockTrace.Diag;

/// <summary>Which sockets a dump is of: a bit for each state (idiag_states).</summary>
internal static class DiagStates
{
    public const uint Listen = 1u << (int)TcpState.Listen;

    /// <summary>
    /// Bound to a port, neither listening nor connected: TCPF_BOUND_INACTIVE, since Linux 6.8
    /// (commit 91051f003948). Their state then reads CLOSE. An older kernel shows none.
    /// </summary>
    public const uint BoundInactive = 1u << 13;

    /// <summary>Connections, and what they left behind.</summary>
    public const uint Connections = ~(Listen | BoundInactive);
}

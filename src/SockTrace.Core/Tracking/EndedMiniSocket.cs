using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>A mini-socket that is no more: TIME_WAIT, or an orphan's FIN_WAIT2.</summary>
/// <param name="Id">The connection's id: the socket cookie, or a number of our own.</param>
/// <param name="IdIsCookie">Which of the two.</param>
/// <param name="Netns">Inode number of the network namespace.</param>
/// <param name="BeganNs">CLOCK_MONOTONIC of the begin of TIME_WAIT.</param>
/// <param name="EndedNs">CLOCK_MONOTONIC of its end.</param>
/// <param name="Ending">How it ended.</param>
internal readonly record struct EndedMiniSocket(
    ulong Id, bool IdIsCookie, uint Netns, IpFamily Family,
    IpAddress Laddr, ushort Lport, IpAddress Raddr, ushort Rport,
    long BeganNs, long EndedNs, MiniSocketEnding Ending)
{
    public long DurationNs => Math.Max(0, EndedNs - BeganNs);
}

/// <summary>How a TIME_WAIT ended.</summary>
internal enum MiniSocketEnding : byte
{
    /// <summary>We lost sight of it.</summary>
    Lost,

    /// <summary>The timer ran out.</summary>
    Expired,
}

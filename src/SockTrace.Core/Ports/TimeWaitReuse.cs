using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Reporting;

namespace SockTrace.Ports;

/// <summary>
/// When a connect() may take over the four-tuple of a TIME_WAIT: tcp_twsk_unique() in
/// net/ipv4/tcp_ipv4.c. It also takes timestamps of the peer, which only the mini-socket knows.
/// </summary>
/// <param name="Mode">tcp_tw_reuse.</param>
/// <param name="DelayNs">How old the TIME_WAIT must be.</param>
/// <param name="HasDelay">Whether tcp_tw_reuse_delay says that.</param>
/// <param name="HasTimestamps">Whether tcp_timestamps is on.</param>
internal readonly record struct TimeWaitReuse(long Mode, long DelayNs, bool HasDelay, bool HasTimestamps)
{
    /// <summary>What a kernel without tcp_tw_reuse_delay has compiled in.</summary>
    private const long DefaultDelayMs = 1000;

    public const long Off = 0, On = 1, LoopbackOnly = 2;

    public static TimeWaitReuse Of(NetworkSettings settings) => new(
        settings.TimeWaitReuse ?? Off, (settings.TimeWaitReuseDelayMs ?? DefaultDelayMs) * 1_000_000,
        settings.TimeWaitReuseDelayMs is not null, settings.Timestamps is not 0);

    /// <summary>As <c>1 s (tcp_tw_reuse_delay)</c>.</summary>
    public string AgeText => $"{Words.Number(DelayNs / 1e9)} s{(HasDelay ? " (tcp_tw_reuse_delay)" : "")}";

    /// <summary>Whether it is switched on for connections between these addresses.</summary>
    public bool IsOnFor(IpAddress laddr, IpAddress raddr) =>
        HasTimestamps && (Mode == On || (Mode == LoopbackOnly && (laddr.IsLoopback || raddr.IsLoopback)));

    /// <summary>Whether one of this age may be taken over.</summary>
    public bool Allows(IpAddress laddr, IpAddress raddr, long ageNs) => ageNs > DelayNs && IsOnFor(laddr, raddr);
}

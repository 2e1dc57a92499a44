using System.Globalization;

namespace SockTrace.Host;

/// <summary>The sysctls that decide about ports and TIME_WAIT; null where one cannot be read.</summary>
/// <param name="PortRange">ip_local_port_range, as <c>32768-60999</c>; both ends count.</param>
/// <param name="ReservedPorts">ip_local_reserved_ports, empty where none is.</param>
/// <param name="FinTimeoutSeconds">tcp_fin_timeout: how long an orphan stays in FIN_WAIT2. Not TIME_WAIT.</param>
/// <param name="TimeWaitReuse">tcp_tw_reuse: 0 off, 1 on, 2 on loopback only.</param>
/// <param name="MaxTimeWaitBuckets">tcp_max_tw_buckets.</param>
/// <param name="TimeWaitReuseDelayMs">tcp_tw_reuse_delay; only since Linux 6.14.</param>
/// <param name="Timestamps">tcp_timestamps: 0 off, 1 on, 2 on without a random offset.</param>
internal sealed record NetworkSettings(
    string? PortRange, string? ReservedPorts, long? FinTimeoutSeconds, long? TimeWaitReuse, long? MaxTimeWaitBuckets,
    long? TimeWaitReuseDelayMs = null, long? Timestamps = null)
{
    /// <summary>Those of a network namespace; where it cannot be entered nothing is known.</summary>
    /// <param name="netns">Its inode number; null is the one that this process is in.</param>
    public static NetworkSettings Read(uint? netns)
    {
        if (netns is null)
            return Read();
        var settings = new NetworkSettings(null, null, null, null, null);
        NetnsVisitor.Visit(netns, [], (_, _) => settings = Read());
        return settings;
    }

    /// <summary>Those of the network namespace that this thread is in.</summary>
    public static NetworkSettings Read() => new(
        Sysctl("ip_local_port_range")?.Replace('\t', '-'),
        Sysctl("ip_local_reserved_ports"),
        SysctlNumber("tcp_fin_timeout"),
        SysctlNumber("tcp_tw_reuse"),
        SysctlNumber("tcp_max_tw_buckets"),
        SysctlNumber("tcp_tw_reuse_delay"),
        SysctlNumber("tcp_timestamps"));

    private static long? SysctlNumber(string name) =>
        long.TryParse(Sysctl(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;

    private static string? Sysctl(string name) => HostFacts.ReadLine($"/proc/sys/net/ipv4/{name}");
}

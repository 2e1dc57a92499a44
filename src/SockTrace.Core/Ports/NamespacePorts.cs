using SockTrace.Host;
using SockTrace.Reporting;

namespace SockTrace.Ports;

/// <summary>The ports of one network namespace.</summary>
/// <param name="range">Those that connect() chooses from.</param>
/// <param name="settings">The sysctls.</param>
/// <param name="listeningPorts">All ports that something listens on, in the range or not.</param>
internal sealed class NamespacePorts(PortRange range, NetworkSettings settings, IReadOnlyList<ushort> listeningPorts)
{
    internal PortRange Range => range;

    internal NetworkSettings Settings => settings;

    internal IReadOnlyList<ushort> ListeningPorts => listeningPorts;

    public required uint Netns { get; init; }

    /// <summary>Whether it is the one that this process is in.</summary>
    public required bool IsOwn { get; init; }

    /// <summary>What `ip netns` calls it; null where it does not.</summary>
    public string? Name { get; init; }

    /// <summary>A process that is in it; null where a name leads to it.</summary>
    public uint? Pid { get; init; }

    public string? Comm { get; init; }

    /// <summary>Where the sockets were read: <c>diag</c> or <c>proc</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Why it is not <c>diag</c>.</summary>
    public string? SourceReason { get; init; }

    public string PortRange => $"{range.Low}-{range.High}";
    public string ReservedPorts => settings.ReservedPorts ?? "";

    /// <summary>Ports of the range that are reserved.</summary>
    public int Reserved => range.High - range.Low + 1 - range.Size;

    /// <summary>Ports of the range that are not.</summary>
    public int Size => range.Size;

    /// <summary>Connections a second to one destination that the ports bear, if each leaves a TIME_WAIT behind.</summary>
    public double SustainablePerSecond => PoolAdvice.Sustainable(Size);

    /// <summary>Ports of the range, not reserved, that bind() has taken: no connect() chooses one of them.</summary>
    public required int Blocked { get; init; }

    public long? FinTimeoutS => settings.FinTimeoutSeconds;
    public long? TwReuse => settings.TimeWaitReuse;
    public long? TwReuseDelayNs => settings.TimeWaitReuseDelayMs * 1_000_000;
    public long? TcpTimestamps => settings.Timestamps;
    public long? MaxTwBuckets => settings.MaxTimeWaitBuckets;

    /// <summary>Mini-sockets, which tcp_max_tw_buckets bounds.</summary>
    public required long TwBuckets { get; init; }

    /// <summary>Sockets by state, those that there are.</summary>
    public required IReadOnlyDictionary<string, long> States { get; init; }

    /// <summary>Sockets that are bound and nothing else; null where that cannot be seen.</summary>
    public long? Bound { get; init; }

    /// <summary>Listeners whose port is in the range and not reserved.</summary>
    public required IReadOnlyList<ListenerPort> Listeners { get; init; }

    /// <summary>The fullest first.</summary>
    public required IReadOnlyList<PoolPorts> Pools { get; init; }

    /// <summary>Whether there is nothing to say of it but its settings.</summary>
    internal bool IsQuiet => Pools.Count == 0 && Listeners.Count == 0;

    /// <summary>What a command begins with that is to run in it.</summary>
    internal string CommandStart => IsOwn ? "" : Name is not null ? $"ip netns exec {Name} " : $"nsenter -t {Pid} -n ";
}

using SockTrace.Filters;
using SockTrace.Host;

namespace SockTrace.Tracking;

/// <summary>What a tracker is told at its start.</summary>
internal sealed record TrackerOptions
{
    /// <summary>How many connections, and how many mini-sockets, are followed at once.</summary>
    public int MaxConnections { get; init; } = 262_144;

    /// <summary>How many local ends and how many pools are remembered.</summary>
    public int MaxPorts { get; init; } = 262_144;

    public TraceFilter Filter { get; init; } = new();

    /// <summary>What comes before is in the tables, but in no total. As the events' times.</summary>
    public long FromNs { get; init; } = long.MinValue;

    public TimeWaitSight TimeWait { get; init; } = TimeWaitSight.Functions;

    /// <summary>The ports of a network namespace, where <see cref="Namespaces"/> is not asked.</summary>
    public Func<uint, PortRange?> Ranges { get; init; } = _ => null;

    /// <summary>See <see cref="Pipeline.IEventSource.TimeWaitIsCountedAtExpiry"/>.</summary>
    public bool TimeWaitIsCountedAtExpiry { get; init; }

    /// <summary>Null where nothing is to be asked of this host: for what was recorded.</summary>
    public NetworkNamespaces? Namespaces { get; init; }
}

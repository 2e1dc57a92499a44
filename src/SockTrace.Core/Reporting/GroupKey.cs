using SockTrace.Events;
using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>What the members of a group have in common.</summary>
/// <param name="Text">A process's or a host's name; null where the rest tells.</param>
/// <param name="Address">Of a destination.</param>
/// <param name="Number">A destination's port, or a network namespace's inode number.</param>
/// <param name="IsLocal">Whether the destination is this end: that of a server.</param>
internal readonly record struct GroupKey(string? Text, IpAddress Address = default, uint Number = 0, bool IsLocal = false)
{
    /// <summary>In place of a name that nobody learned.</summary>
    public const string Unknown = "(unknown)";

    public static GroupKey Destination(TraceRecord record, bool isServer) => isServer
        ? new(null, record.Laddr, record.Lport, IsLocal: true)
        : new(null, record.Raddr, record.Rport);

    /// <summary>As <c>10.0.0.5:3306</c>, <c>[2001:db8::1]:443</c>, <c>mysqld</c>, <c>web1/4026531840</c>.</summary>
    public string Name(GroupBy by) => by switch
    {
        GroupBy.Destination => EndText(Address, (ushort)Number) + (IsLocal ? " (here)" : ""),
        GroupBy.Netns => $"{Text}/{Number}",
        _ => Text ?? Unknown,
    };

    /// <summary>An address with its port.</summary>
    public static string EndText(IpAddress address, ushort port) => address.IsIPv4 ? $"{address}:{port}" : $"[{address}]:{port}";

    /// <summary>Whether a socket is its connection's server, going by the role; where that is unknown, by which end has the chosen port.</summary>
    public static bool IsServer(Role role, ushort lport, ushort rport) =>
        role == Role.Server || (role == Role.Unknown && lport < rport);
}

using SockTrace.Tracking;

namespace SockTrace.Output;

/// <summary>The names of values in records, as UTF-8. <see cref="Reading.NameTables"/> has the way back.</summary>
internal static class RecordNames
{
    private static readonly byte[][] Roles = Names("unknown", "client", "server", "listener");
    private static readonly byte[][] OwnersFrom = Names("unknown", "connect", "accept", "listen", "close", "snapshot");
    private static readonly byte[][] Closers = Names("unknown", "local", "remote", "both");
    private static readonly byte[][] Reuses = Names("none", "in_time_wait", "after_time_wait", "other_destination");
    private static readonly byte[][] Endings = Names("lost", "expired", "reused", "reopened", "killed", "overflow");
    private static readonly byte[][] LossPlaces = Names("ring", "kernel", "queue", "table");

    private static readonly byte[][] Reasons = Names("unknown", "closed", "reset_by_peer", "reset_by_us", "refused",
        "timed_out", "unreachable", "port_exhausted", "listener_closed", "disconnected");

    public static ReadOnlySpan<byte> Of(Role role) => Roles[(int)role];

    public static ReadOnlySpan<byte> Of(OwnerFrom from) => OwnersFrom[(int)from];

    public static ReadOnlySpan<byte> Of(ClosedBy by) => Closers[(int)by];

    public static ReadOnlySpan<byte> Of(PortReuse reuse) => Reuses[(int)reuse];

    public static ReadOnlySpan<byte> Of(MiniSocketEnding ending) => Endings[(int)ending];

    public static ReadOnlySpan<byte> Of(LossPlace place) => LossPlaces[(int)place];

    public static ReadOnlySpan<byte> Of(CloseReason reason) => Reasons[(int)reason];

    private static byte[][] Names(params string[] names) => [.. names.Select(System.Text.Encoding.UTF8.GetBytes)];
}

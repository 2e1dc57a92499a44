using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Output;

/// <summary>The names of values in records, as UTF-8: from a value to its name, and back.</summary>
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

    private static readonly byte[][] States = [.. Enumerable.Range(0, TcpStates.Count).Select(
        state => TcpStates.Name((TcpState)state).ToArray())];

    public static ReadOnlySpan<byte> Of(Role role) => Roles[(int)role];

    public static ReadOnlySpan<byte> Of(OwnerFrom from) => OwnersFrom[(int)from];

    public static ReadOnlySpan<byte> Of(ClosedBy by) => Closers[(int)by];

    public static ReadOnlySpan<byte> Of(PortReuse reuse) => Reuses[(int)reuse];

    public static ReadOnlySpan<byte> Of(MiniSocketEnding ending) => Endings[(int)ending];

    public static ReadOnlySpan<byte> Of(LossPlace place) => LossPlaces[(int)place];

    public static ReadOnlySpan<byte> Of(CloseReason reason) => Reasons[(int)reason];

    public static bool TryParse(ReadOnlySpan<byte> name, out Role role)
    {
        bool isFound = TryFind(Roles, name, out int index);
        role = (Role)index;
        return isFound;
    }

    public static bool TryParse(ReadOnlySpan<byte> name, out OwnerFrom from)
    {
        bool isFound = TryFind(OwnersFrom, name, out int index);
        from = (OwnerFrom)index;
        return isFound;
    }

    public static bool TryParse(ReadOnlySpan<byte> name, out ClosedBy by)
    {
        bool isFound = TryFind(Closers, name, out int index);
        by = (ClosedBy)index;
        return isFound;
    }

    public static bool TryParse(ReadOnlySpan<byte> name, out PortReuse reuse)
    {
        bool isFound = TryFind(Reuses, name, out int index);
        reuse = (PortReuse)index;
        return isFound;
    }

    public static bool TryParse(ReadOnlySpan<byte> name, out MiniSocketEnding ending)
    {
        bool isFound = TryFind(Endings, name, out int index);
        ending = (MiniSocketEnding)index;
        return isFound;
    }

    public static bool TryParse(ReadOnlySpan<byte> name, out LossPlace place)
    {
        bool isFound = TryFind(LossPlaces, name, out int index);
        place = (LossPlace)index;
        return isFound;
    }

    public static bool TryParse(ReadOnlySpan<byte> name, out CloseReason reason)
    {
        bool isFound = TryFind(Reasons, name, out int index);
        reason = (CloseReason)index;
        return isFound;
    }

    public static bool TryParse(ReadOnlySpan<byte> name, out TcpState state)
    {
        bool isFound = TryFind(States, name, out int index);
        state = (TcpState)index;
        return isFound;
    }

    private static byte[][] Names(params string[] names) => [.. names.Select(System.Text.Encoding.UTF8.GetBytes)];

    private static bool TryFind(byte[][] names, ReadOnlySpan<byte> name, out int index)
    {
        for (index = 0; index < names.Length; index++)
        {
            if (name.SequenceEqual(names[index]))
                return true;
        }
        index = 0;
        return false;
    }
}

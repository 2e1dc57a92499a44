using System.Runtime.InteropServices;
using SockTrace.Events;

namespace SockTrace.Tests.Support;

/// <summary>Builds events as a source would write them.</summary>
internal sealed class EventSequence
{
    public const ulong Client = 0x1000, Server = 0x2000, Listener = 0x3000, MiniSocket = 0x4000;

    private readonly List<TcpEvent> _events = [];

    public ReadOnlySpan<TcpEvent> Events => CollectionsMarshal.AsSpan(_events);

    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(Events);

    public EventSequence Add(TcpEvent e)
    {
        _events.Add(e);
        return this;
    }

    /// <param name="timeNs">When.</param>
    /// <param name="old">The state before.</param>
    /// <param name="new">The state after.</param>
    /// <param name="pid">The owner's, where the event tells it.</param>
    /// <param name="lport">The local port.</param>
    /// <param name="flags">Beside those that follow from the rest.</param>
    /// <param name="leaves">The state of the mini-socket that stays behind, as where timers are looked at.</param>
    public EventSequence FromClient(long timeNs, TcpState old, TcpState @new, uint pid = 0, ushort lport = 40000, EventFlags flags = 0, TcpState? leaves = null)
    {
        TcpEvent e = Transition(timeNs, Client, 11, old, @new, pid, lport, 3306, flags);
        return Add(leaves is { } state ? e with { Comm = new LeftMini(MiniSocket, state).ToComm() } : e);
    }

    public EventSequence FromServer(long timeNs, TcpState old, TcpState @new, uint pid = 0, ushort rport = 40000, EventFlags flags = 0) =>
        Add(Transition(timeNs, Server, 22, old, @new, pid, 3306, rport, flags));

    /// <summary>Of the client's mini-socket.</summary>
    public EventSequence Mini(long timeNs, EventKind kind, TcpState state, ulong parentOrArmedNs = 0, ulong cookie = 11) =>
        Add(Transition(timeNs, MiniSocket, cookie, TcpState.Unknown, state, 0, 40000, 3306) with
        {
            Kind = kind,
            BytesSent = parentOrArmedNs,
        });

    public static TcpEvent Transition(long timeNs, ulong sock, ulong cookie, TcpState old, TcpState @new, uint pid,
        ushort lport, ushort rport, EventFlags flags = 0) => new()
        {
            TimeNs = (ulong)timeNs,
            Sock = sock,
            Cookie = cookie,
            Laddr = IpAddress.FromIPv4(0x7F000001),
            Raddr = rport == 0 ? default : IpAddress.FromIPv4(0x7F000002),
            Lport = lport,
            Rport = rport,
            Netns = 4026531840,
            Pid = pid,
            Comm = pid != 0 ? Comm.From("mysql"u8) : default,
            Kind = EventKind.State,
            Family = IpFamily.IPv4,
            OldState = old,
            NewState = @new,
            Flags = flags | (pid != 0 ? EventFlags.Owner : 0) | (@new == TcpState.Close ? EventFlags.Totals : 0),
        };
}

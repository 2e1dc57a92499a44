using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>
/// The last few sockets that closed. Their rows are gone, so a CLOSE that comes twice is
/// recognised here: the repeat follows within a handful of events.
/// </summary>
internal sealed class RecentCloses
{
    private const int Length = 64;

    private readonly (ulong Sock, ulong Cookie, TcpState Old)[] _closes = new (ulong, ulong, TcpState)[Length];
    private int _next;

    public void Add(ulong sock, ulong cookie, TcpState old)
    {
        _closes[_next] = (sock, cookie, old);
        _next = (_next + 1) % Length;
    }

    public bool Contains(ulong sock, ulong cookie, TcpState old) =>
        Array.IndexOf(_closes, (sock, cookie, old)) >= 0;
}

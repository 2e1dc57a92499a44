using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>A connection as its last record left it. Times are nanoseconds since 1970-01-01 UTC.</summary>
internal struct OpenConnection
{
    public long StateSince;
    public IpAddress Laddr;
    public IpAddress Raddr;
    public string? Comm;
    public ushort Lport;
    public ushort Rport;
    public TcpState State;
    public Role Role;
}

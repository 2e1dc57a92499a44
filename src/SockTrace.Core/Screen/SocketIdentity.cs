using System.Runtime.InteropServices;
using System.Text;
using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>Which socket, and whose: a copy, which outlives the row that it was taken from.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SocketIdentity
{
    public ulong Id;
    public bool IdIsCookie;
    public IpFamily Family;
    public IpAddress Laddr;
    public IpAddress Raddr;
    public ushort Lport;
    public ushort Rport;
    public uint Netns;
    public ulong Cgroup;
    public uint Pid;
    public Comm Comm;
    public OwnerFrom OwnerFrom;
    public Role Role;

    public static SocketIdentity Of(in ConnectionView view) => new()
    {
        Id = view.Id,
        IdIsCookie = view.IdIsCookie,
        Family = view.Family,
        Laddr = view.Laddr,
        Raddr = view.Raddr,
        Lport = view.Lport,
        Rport = view.Rport,
        Netns = view.Netns,
        Cgroup = view.Cgroup,
        Pid = view.Pid,
        Comm = view.Comm,
        OwnerFrom = view.OwnerFrom,
        Role = view.Role,
    };

    public static SocketIdentity Of(in EndedMiniSocket mini) => new()
    {
        Id = mini.Id,
        IdIsCookie = mini.IdIsCookie,
        Family = mini.Family,
        Laddr = mini.Laddr,
        Raddr = mini.Raddr,
        Lport = mini.Lport,
        Rport = mini.Rport,
        Netns = mini.Netns,
        Cgroup = mini.Cgroup,
        Pid = mini.Pid,
        Comm = mini.Comm,
        OwnerFrom = mini.OwnerFrom,
    };

    public static SocketIdentity Of(SocketTable table, int row) => new()
    {
        Id = table.Ids[row],
        IdIsCookie = table.IdsAreCookies[row],
        Family = table.Families[row],
        Laddr = table.Laddrs[row],
        Raddr = table.Raddrs[row],
        Lport = table.Lports[row],
        Rport = table.Rports[row],
        Netns = table.Netnses[row],
        Cgroup = table.Cgroups[row],
        Pid = table.Pids[row],
        Comm = table.Comms[row],
        OwnerFrom = table.OwnersFrom[row],
    };

    /// <summary>Names of a process as they can be shown.</summary>
    public static string NameOf(in Comm comm) => VisibleText.Of(Encoding.UTF8.GetString(comm.Bytes));

    /// <summary><c>10.0.0.1:3306</c>, <c>[::1]:3306</c>; a port of 0 is not known.</summary>
    public static string EndPoint(IpAddress address, ushort port)
    {
        string host = address.IsIPv4 ? address.ToString() : $"[{address}]";
        return port == 0 ? $"{host}:*" : $"{host}:{port}";
    }

    public readonly string Local => EndPoint(Laddr, Lport);

    public readonly string Remote => Rport == 0 ? "-" : EndPoint(Raddr, Rport);

    public readonly string PidText => OwnerFrom == OwnerFrom.Unknown ? "-" : $"{Pid}";

    public readonly string CommText => OwnerFrom == OwnerFrom.Unknown ? "-" : NameOf(Comm);

    /// <summary>The socket cookie as `ss -e` prints it; a number of our own with <c>~</c> before it, as in a trace.</summary>
    public readonly string IdText => IdIsCookie ? $"{Id:x}" : $"~{Id:x}";

    /// <summary>Whether what does not change over its life agrees with the filter.</summary>
    public readonly bool Matches(TraceFilter filter) =>
        filter.AcceptsTuple(Netns, Family, Laddr, Lport, Raddr, Rport)
        && (filter.Pid is not uint pid || Pid == pid)
        && (filter.Cgroup is not ulong cgroup || Cgroup == cgroup)
        && (filter.Comm is null || (OwnerFrom != OwnerFrom.Unknown && filter.Comm.Matches(Comm)));
}

using System.Text;
using SockTrace.Diag;
using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Ports;
using SockTrace.Tracking;

namespace SockTrace.Tests.Support;

/// <summary>What <c>socktrace ports</c> would find, made up.</summary>
internal static class Budgets
{
    public static IpAddress Address(string text) => CidrPrefix.TryParse(text, out CidrPrefix prefix, out string error) ? prefix.Prefix : throw new ArgumentException(error);

    /// <summary>A mini-socket where <paramref name="leftNs"/> is given, else a socket.</summary>
    public static DiagSocket Socket(
        int lport, TcpState state = TcpState.Established, long? leftNs = null, string laddr = "10.0.0.1", string raddr = "10.0.0.2", int rport = 3306, ulong inode = 0) =>
        new(IpFamily.IPv4, Address(laddr), (ushort)lport, Address(raddr), (ushort)rport, state,
            leftNs is null ? 0 : DiagSocket.TimeWaitTimer, leftNs ?? 0, 0, inode, 0);

    public static DiagSocket Listener(int lport, string laddr = "0.0.0.0") => Socket(lport, TcpState.Listen, laddr: laddr, raddr: "0.0.0.0", rport: 0);

    public static PoolPorts Pool(
        int size, int live = 0, int timeWait = 0, int finWait2 = 0, int closeWait = 0, int reusable = 0, int blocked = 0,
        string laddr = "10.0.0.1", string raddr = "10.0.0.2", string? comm = null) =>
        new(new PoolKey(Address(laddr), Address(raddr), 1, 3306))
        {
            Size = size,
            Live = live,
            CloseWait = closeWait,
            TimeWait = timeWait,
            FinWait2 = finWait2,
            Free = size - live - timeWait - finWait2 - blocked,
            TimeWaitReusable = reusable,
            TimeWaitOldestNs = timeWait > 0 ? 48_200_000_000 : null,
            TimeWaitNextNs = timeWait > 0 ? 11_800_000_000 : null,
            TimeWaitLastNs = timeWait > 0 ? 59_100_000_000 : null,
            Comm = comm,
            Pid = comm is null ? null : 4711,
            Held = comm is null ? null : live,
        };

    public static NamespacePorts Namespace(
        PoolPorts[] pools, string range = "40000\t40199", string reserved = "", long reuse = 2, long? delayMs = 1000, long timestamps = 1,
        int blocked = 0, ListenerPort[]? listeners = null, ushort[]? listening = null, bool isOwn = true, uint netns = 1, string? name = null, string? sourceReason = null) =>
        new(SockTrace.Host.PortRange.Parse(range, reserved)!,
            new NetworkSettings(range.Replace('\t', '-'), reserved, 60, reuse, 131072, delayMs, timestamps), listening ?? [])
        {
            Netns = netns,
            IsOwn = isOwn,
            Name = name,
            Source = sourceReason is null ? "diag" : "proc",
            SourceReason = sourceReason,
            Blocked = blocked,
            TwBuckets = pools.Sum(pool => pool.TimeWait + pool.FinWait2),
            States = new Dictionary<string, long>(),
            Bound = 0,
            Listeners = listeners ?? [],
            Pools = [.. pools.Order(PoolPorts.FullestFirst)],
        };

    public static PortBudget Budget(params NamespacePorts[] namespaces) => new()
    {
        Version = "0",
        Ts = DateTime.UnixEpoch,
        Host = "web",
        Kernel = "6.18.0",
        Refused = 0,
        IsPrivileged = true,
        Namespaces = namespaces,
    };

    public static string Text(params NamespacePorts[] namespaces) => Encoding.UTF8.GetString(PortsText.Write(Budget(namespaces), hasColours: false));
}

using System.Globalization;
using System.Text;
using SockTrace.Diag;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Proc;

namespace SockTrace.Ports;

/// <summary>Looks into the network namespaces of this host and counts.</summary>
/// <param name="only">The namespace that is of interest; null is all.</param>
/// <param name="version">Of this program.</param>
internal sealed class PortsReader(uint? only, string version)
{
    private readonly SocketOwners _owners = new();

    /// <exception cref="SourceUnavailableException">The namespace that was asked for cannot be entered, or tells nothing.</exception>
    public PortBudget Read()
    {
        DateTime now = DateTime.UtcNow;
        var looks = new List<NamespaceLook>();
        int refused = NetnsVisitor.Visit(only, [], (netns, path) => looks.Add(NamespaceLook.Take(netns, path)));
        if (looks.Count == 0)
        {
            throw refused > 0
                ? new SourceUnavailableException($"network namespace {only} may not be entered", "run as root, or grant CAP_SYS_ADMIN")
                : new SourceUnavailableException(NetworkNamespace.NotSeen(only),
                    Environment.IsPrivilegedProcess ? "lsns -t net lists those that there are" : "run as root: the processes of others show theirs to root only");
        }
        if (looks.Exists(look => look.Census.Held.Count > 0 || look.Census.Listeners.Count > 0))
            _owners.Refresh();
        return new PortBudget
        {
            Version = version,
            Ts = now,
            Host = HostFacts.HostName,
            Kernel = HostFacts.KernelRelease,
            Refused = refused,
            IsPrivileged = Environment.IsPrivilegedProcess,
            Namespaces = [.. looks.Select(NamespaceOf).OrderBy(space => !space.IsOwn).ThenByDescending(space => space.Pools.Count > 0 ? space.Pools[0].Share : -1)],
        };
    }

    private NamespacePorts NamespaceOf(NamespaceLook look)
    {
        SocketCensus census = look.Census;
        bool isOwn = look.Path == NetnsVisitor.Own;
        string? name = look.Path.StartsWith(NetnsVisitor.Names, StringComparison.Ordinal) ? Path.GetFileName(look.Path) : null;
        // /proc/PID/ns/net, or /proc/PID/task/TID/ns/net: a thread's own id leads there too.
        uint? pid = isOwn || name is not null ? null : uint.Parse(look.Path.Split('/')[^3], CultureInfo.InvariantCulture);
        ushort[] listeningPorts = [.. census.Listeners.Select(socket => socket.Lport).Distinct().Order()];
        return new NamespacePorts(census.Range, look.Settings, listeningPorts)
        {
            Netns = look.Netns,
            IsOwn = isOwn,
            Name = name,
            Pid = pid,
            Comm = pid is null ? null : HostFacts.ReadLine($"/proc/{pid}/comm"),
            Source = look.WhyNotDiag is null ? "diag" : "proc",
            SourceReason = look.WhyNotDiag,
            Blocked = census.Blocked,
            TwBuckets = census.MiniSockets,
            States = Enumerable.Range(0, census.States.Count).Where(state => census.States[state] > 0)
                .ToDictionary(state => Encoding.ASCII.GetString(TcpStates.Name((TcpState)state)), state => census.States[state]),
            Bound = look.SeesBound || census.Bound > 0 ? census.Bound : null,
            Listeners = [.. census.Listeners.Where(socket => census.Range.Contains(socket.Lport)).Select(ListenerOf).Distinct()
                .OrderBy(listener => listener.Lport).ThenBy(listener => listener.Laddr, StringComparer.Ordinal)],
            Pools = PoolsOf(census),
        };
    }

    private ListenerPort ListenerOf(DiagSocket socket)
    {
        // A wildcard of IPv6 takes IPv4 too, unless IPV6_V6ONLY is set: that is not told apart.
        string laddr = socket.Laddr.ToString();
        return _owners.TryGet(socket.Inode, out uint pid, out Comm comm)
            ? new ListenerPort(laddr, socket.Lport, pid, Encoding.UTF8.GetString(comm.Bytes))
            : new ListenerPort(laddr, socket.Lport, null, null);
    }

    private PoolPorts[] PoolsOf(SocketCensus census)
    {
        var held = new Dictionary<(int Row, uint Pid), int>();
        var most = new (uint Pid, Comm Comm, int Held)[census.Keys.Count];
        foreach ((int row, ulong inode) in census.Held)
        {
            if (!_owners.TryGet(inode, out uint pid, out Comm comm))
                continue;
            int count = held[(row, pid)] = held.GetValueOrDefault((row, pid)) + 1;
            if (count > most[row].Held)
                most[row] = (pid, comm, count);
        }
        var pools = new PoolPorts[census.Keys.Count];
        for (int row = 0; row < pools.Length; row++)
        {
            PoolCount count = census.Counts[row];
            bool waits = count.TimeWait > 0, hasOwner = most[row].Held > 0;
            pools[row] = new PoolPorts(census.Keys[row])
            {
                Size = census.Range.Size,
                Live = count.Live,
                CloseWait = count.CloseWait,
                TimeWait = count.TimeWait,
                FinWait2 = count.FinWait2,
                // A dump is no snapshot: a socket that became a mini-socket meanwhile may show as both.
                Free = Math.Max(0, census.Range.Size - count.Taken - (census.Blocked - count.Blocked)),
                TimeWaitReusable = count.Reusable,
                TimeWaitOldestNs = waits ? SocketCensus.TimeWaitNs - count.NextNs : null,
                TimeWaitNextNs = waits ? count.NextNs : null,
                TimeWaitLastNs = waits ? count.LastNs : null,
                Pid = hasOwner ? most[row].Pid : null,
                Comm = hasOwner ? Encoding.UTF8.GetString(most[row].Comm.Bytes) : null,
                Held = hasOwner ? most[row].Held : null,
            };
        }
        Array.Sort(pools, PoolPorts.FullestFirst);
        return pools;
    }
}

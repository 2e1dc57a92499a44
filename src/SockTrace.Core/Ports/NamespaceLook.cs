using SockTrace.Diag;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Proc;

namespace SockTrace.Ports;

/// <summary>One look at the network namespace that the calling thread is in.</summary>
/// <param name="Path">Leads to it.</param>
/// <param name="WhyNotDiag">Null where its sockets came by NETLINK_SOCK_DIAG; else why they came from /proc.</param>
/// <param name="SeesBound">Whether sockets that are merely bound show.</param>
internal sealed record NamespaceLook(
    uint Netns, string Path, NetworkSettings Settings, SocketCensus Census, string? WhyNotDiag, bool SeesBound)
{
    private const int Attempts = 5;

    /// <summary>TCPF_BOUND_INACTIVE is of 6.8.</summary>
    private static readonly bool KernelShowsBound = Environment.OSVersion.Version >= new Version(6, 8);

    /// <param name="netns">Its inode number.</param>
    /// <param name="path">Leads to it.</param>
    /// <exception cref="SourceUnavailableException">Neither the kernel nor /proc shows what is there.</exception>
    public static NamespaceLook Take(uint netns, string path)
    {
        var settings = NetworkSettings.Read();
        if (settings.PortRange is null || PortRange.Parse(settings.PortRange.Replace('-', '\t'), settings.ReservedPorts) is not PortRange range)
        {
            throw new SourceUnavailableException("cannot read ip_local_port_range under /proc/sys/net/ipv4",
                "mount /proc, or look whether something lies over it");
        }
        var reuse = TimeWaitReuse.Of(settings);
        try
        {
            return new NamespaceLook(netns, path, settings, FromDiag(netns, range, reuse), null, KernelShowsBound);
        }
        catch (DiagException e)
        {
            SocketCensus census = FromProc(netns, range, reuse, out int malformed);
            string why = malformed == 0 ? e.Message : $"{e.Message}; {malformed} lines of /proc were not understood";
            return new NamespaceLook(netns, path, settings, census, why, SeesBound: false);
        }
    }

    /// <exception cref="DiagException">Its sockets cannot be had so.</exception>
    public static SocketCensus FromDiag(uint netns, PortRange range, TimeWaitReuse reuse)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            using var diag = new SockDiag();
            var census = new SocketCensus(netns, range, reuse);
            if (diag.TryDump(IpFamily.IPv4, DiagStates.Listen | DiagStates.BoundInactive, census.AddBound)
                && diag.TryDump(IpFamily.IPv6, DiagStates.Listen | DiagStates.BoundInactive, census.AddBound)
                && diag.TryDump(IpFamily.IPv4, DiagStates.Connections, census.Add)
                && diag.TryDump(IpFamily.IPv6, DiagStates.Connections, census.Add))
                return census;
        }
        throw new DiagException($"{Attempts} dumps were interrupted");
    }

    /// <exception cref="SourceUnavailableException">/proc does not show them either.</exception>
    public static SocketCensus FromProc(uint netns, PortRange range, TimeWaitReuse reuse, out int malformed)
    {
        const string Folder = "/proc/thread-self/net";
        var sockets = new List<ProcSocket>();
        try
        {
            malformed = ProcNetTcp.Read($"{Folder}/tcp", IpFamily.IPv4, sockets);
            if (File.Exists($"{Folder}/tcp6"))
                malformed += ProcNetTcp.Read($"{Folder}/tcp6", IpFamily.IPv6, sockets);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceUnavailableException($"cannot read {Folder}/tcp: {e.Message}", "mount /proc, or look whether something lies over it");
        }
        var census = new SocketCensus(netns, range, reuse);
        foreach (ProcSocket socket in sockets.Where(socket => socket.State == TcpState.Listen))
            census.AddBound(Converted(socket));
        foreach (ProcSocket socket in sockets.Where(socket => socket.State != TcpState.Listen))
            census.Add(Converted(socket));
        return census;
    }

    private static DiagSocket Converted(ProcSocket socket) => new(
        socket.Family, socket.Laddr, socket.Lport, socket.Raddr, socket.Rport,
        socket.State, socket.Timer, socket.TimerNs, socket.Uid, socket.Inode, Cookie: 0);
}

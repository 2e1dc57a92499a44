using System.Net;
using SockTrace.Events;
using SockTrace.Proc;

namespace SockTrace.Doctor;

/// <summary>By /proc/net/tcp, which lists every socket of the network namespace: for where sock_diag is not to be had.</summary>
internal sealed class ProcView(IPEndPoint local, IPEndPoint remote) : IMiniSocketView
{
    private static readonly IpAddress Loopback = IpAddress.FromBytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1]);

    private readonly List<ProcSocket> _sockets = [];

    public string Name => "proc";

    public TimeSpan Resolution => TimeSpan.FromMilliseconds(10);

    public MiniSocketLook Look()
    {
        _sockets.Clear();
        ProcNetTcp.Read("/proc/self/net/tcp", IpFamily.IPv4, _sockets);
        foreach (ProcSocket socket in _sockets)
        {
            if (socket.Lport != local.Port || socket.Rport != remote.Port || socket.Laddr != Loopback || socket.Raddr != Loopback)
                continue;
            return socket.IsMini && socket.State == TcpState.TimeWait
                ? new MiniSocketLook(MiniSocketSight.TimeWait, TimeSpan.FromTicks(socket.TimerNs / 100))
                : new MiniSocketLook(MiniSocketSight.Earlier);
        }
        return new MiniSocketLook(MiniSocketSight.Gone);
    }

    public void Dispose()
    {
    }
}

using System.Net;
using SockTrace.Diag;
using SockTrace.Events;
using SockTrace.Host;

namespace SockTrace.Doctor;

/// <summary>By sock_diag: the kernel looks the one socket up, by its cookie too, so it is no other.</summary>
internal sealed class SockDiagView(IPEndPoint local, IPEndPoint remote, ulong cookie) : IMiniSocketView
{
    private readonly SockDiag _diag = new();

    public string Name => "sock_diag";

    public TimeSpan Resolution => TimeSpan.FromMilliseconds(1);

    public MiniSocketLook Look()
    {
        int errno = _diag.Find(local, remote, cookie, out DiagSocket socket);
        return errno switch
        {
            0 when socket is { State: TcpState.TimeWait, IsMini: true } =>
                new MiniSocketLook(MiniSocketSight.TimeWait, TimeSpan.FromTicks(socket.TimerNs / TimeSpan.NanosecondsPerTick)),
            0 => new MiniSocketLook(MiniSocketSight.Earlier),
            Errno.ENOENT => new MiniSocketLook(MiniSocketSight.Gone),
            Errno.ESTALE => new MiniSocketLook(MiniSocketSight.Another),
            _ => throw new IOException($"sock_diag: {Errno.Describe(errno)}", errno),
        };
    }

    public void Dispose() => _diag.Dispose();
}

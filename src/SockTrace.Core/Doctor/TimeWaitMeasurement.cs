using System.Net.Sockets;
using SockTrace.Diag;
using SockTrace.Host;

namespace SockTrace.Doctor;

/// <summary>Measures how long the kernel keeps a connection of our own in TIME_WAIT. Needs no privilege.</summary>
internal static class TimeWaitMeasurement
{
    /// <param name="version">Of this program.</param>
    /// <param name="progress">Is told how much has passed, and what the timer was set to, nanoseconds.</param>
    /// <param name="stop">Ends the measuring.</param>
    /// <exception cref="SocketException">There is no connection on loopback.</exception>
    /// <exception cref="IOException">Neither sock_diag nor /proc/net/tcp shows it.</exception>
    public static TimeWaitReport Run(string version, Action<long, long> progress, CancellationToken stop)
    {
        var settings = NetworkSettings.Read();
        long tickNs = KernelTick.Ns;
        using var connection = new TimeWaitConnection();
        using IMiniSocketView view = SockDiag.WhyNot() == 0
            ? new SockDiagView(connection.Local, connection.Remote, connection.Cookie)
            : new ProcView(connection.Local, connection.Remote);
        if (view.Look().Sight != MiniSocketSight.Earlier)
            throw new IOException($"{view.Name} does not show the connection {connection.Local} to {connection.Remote}");
        var watch = new TimeWaitWatch(view, timer => TimerWheel.BucketNs(timer, tickNs), () => WallClock.MonotonicNs, stop.WaitHandle.WaitOne);
        connection.CloseServer();
        TimeWaitSpan span = watch.Run(WallClock.MonotonicNs, progress);
        return new TimeWaitReport
        {
            Version = version,
            Host = HostFacts.HostName,
            Kernel = HostFacts.KernelRelease,
            Laddr = connection.Local.Address.ToString(),
            Lport = connection.Local.Port,
            Raddr = connection.Remote.Address.ToString(),
            Rport = connection.Remote.Port,
            By = view.Name,
            Ended = span.Ended,
            TimerNs = span.TimerNs,
            LastSeenNs = span.LastSeenNs,
            GoneNs = span.GoneNs,
            TickNs = tickNs,
            BucketNs = span.TimerNs is long timer ? TimerWheel.BucketNs(timer, tickNs) : null,
            FinTimeoutS = settings.FinTimeoutSeconds,
            TwReuse = settings.TimeWaitReuse,
            MaxTwBuckets = settings.MaxTimeWaitBuckets,
        };
    }
}

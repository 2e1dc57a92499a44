namespace SockTrace.Tracking;

/// <summary>
/// TCP_TIMEWAIT_LEN, include/net/tcp.h: compiled into the kernel, the same in every one so far,
/// and nowhere to be read. `socktrace doctor --measure-timewait` measures it.
/// </summary>
internal static class TimeWaitLength
{
    public const int Seconds = 60;

    public const long Ns = Seconds * 1_000_000_000L;
}

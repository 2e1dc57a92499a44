namespace SockTrace.Doctor;

/// <summary>
/// How late the kernel's timers are: the further away one is, the larger is the bucket of time
/// that it falls into, and it fires at that bucket's end (calc_index() in kernel/time/timer.c).
/// </summary>
internal static class TimerWheel
{
    private const int LevelBits = 3; // LVL_CLK_SHIFT: each level is so many times as coarse as the one before
    private const long LevelSize = 63; // LVL_SIZE - 1

    /// <summary>The bucket (LVL_GRAN) of a timer that is set to <paramref name="timeNs"/> from now: it fires up to so much later.</summary>
    /// <param name="timeNs">Nanoseconds.</param>
    /// <param name="tickNs">Of a jiffy.</param>
    public static long BucketNs(long timeNs, long tickNs)
    {
        long ticks = timeNs / tickNs;
        int level = 0;
        while (ticks >= LevelSize << (level * LevelBits))
            level++;
        return tickNs << (level * LevelBits);
    }
}

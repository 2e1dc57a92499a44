using System.Runtime.InteropServices;

namespace SockTrace.Host;

/// <summary>The kernel's jiffy.</summary>
internal static unsafe partial class KernelTick
{
    private const int ClockMonotonicCoarse = 6;

    /// <summary>Nanoseconds of a jiffy: CLOCK_MONOTONIC_COARSE moves once in each, clock_getres(2).</summary>
    public static long Ns
    {
        get
        {
            long* resolution = stackalloc long[2]; // struct timespec
            return clock_getres(ClockMonotonicCoarse, resolution) == 0
                ? resolution[1]
                : throw new InvalidOperationException("the kernel has no CLOCK_MONOTONIC_COARSE");
        }
    }

    [LibraryImport("libc")]
    private static partial int clock_getres(int clock, long* resolution);
}

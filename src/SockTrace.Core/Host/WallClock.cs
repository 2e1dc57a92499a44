using System.Diagnostics;
using System.Globalization;

namespace SockTrace.Host;

/// <summary>
/// Turns the kernel's CLOCK_MONOTONIC into wall-clock time. NTP slews both clocks alike, so
/// the difference is constant until somebody steps the wall clock: only then is it taken
/// anew, and timestamps do not wobble by the error of each reading.
/// </summary>
internal sealed class WallClock
{
    private const long StepNs = 1_000_000;

    private static readonly long TimeNamespaceNs = ReadTimeNamespaceNs();

    private readonly bool _isFixed;
    private long _offsetNs;

    /// <summary>This host's, from now on.</summary>
    public WallClock() => _offsetNs = MeasureOffsetNs();

    private WallClock(long offsetNs) => (_offsetNs, _isFixed) = (offsetNs, true);

    /// <summary>One that always differs by <paramref name="offsetNs"/>: for what was recorded.</summary>
    public static WallClock Fixed(long offsetNs) => new(offsetNs);

    /// <summary>CLOCK_MONOTONIC now, in nanoseconds: what <c>bpf_ktime_get_ns()</c> gives.</summary>
    public static long MonotonicNs => (Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency)) - TimeNamespaceNs;

    /// <summary>Nanoseconds since 1970-01-01 UTC.</summary>
    public long ToUnixNs(long monotonicNs) => monotonicNs + _offsetNs;

    /// <summary>Follows a step of the wall clock.</summary>
    public void Resynchronise()
    {
        if (_isFixed)
            return;
        long offsetNs = MeasureOffsetNs();
        if (Math.Abs(offsetNs - _offsetNs) > StepNs)
            _offsetNs = offsetNs;
    }

    /// <summary>In a time namespace our clock differs from the kernel's, which events are of (time_namespaces(7)).</summary>
    private static long ReadTimeNamespaceNs()
    {
        string[] fields = HostFacts.ReadLine("/proc/self/timens_offsets")?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        return fields is ["monotonic", string seconds, string ns, ..]
            ? (long.Parse(seconds, CultureInfo.InvariantCulture) * 1_000_000_000) + long.Parse(ns, CultureInfo.InvariantCulture)
            : 0;
    }

    /// <summary>The reading between the two closest readings of the other clock is the best one.</summary>
    private static long MeasureOffsetNs()
    {
        long bestNs = 0, narrowest = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = MonotonicNs;
            long unixNs = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
            long after = MonotonicNs;
            if (after - before < narrowest)
                (narrowest, bestNs) = (after - before, unixNs - before - ((after - before) / 2));
        }
        return bestNs;
    }
}

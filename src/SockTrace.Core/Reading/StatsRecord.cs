using SockTrace.Tracking;

namespace SockTrace.Reading;

/// <summary>What was at one moment, and what happened in the interval before it.</summary>
internal sealed class StatsRecord
{
    public long IntervalNs { get; set; }
    public long Opened { get; set; }
    public long Closed { get; set; }
    public long Failed { get; set; }
    public long Live { get; set; }
    public long TimeWait { get; set; }

    /// <summary>The fullest first.</summary>
    public List<PoolRecord> Pools { get; } = [];
}

/// <summary>A pool as a stats record shows it.</summary>
/// <param name="Key">Whose.</param>
/// <param name="Taken">Ports, those in TIME_WAIT included.</param>
/// <param name="TimeWait">Ports in TIME_WAIT.</param>
/// <param name="Size">Ports in it; 0 where that is not known.</param>
/// <param name="OpenedPerSecond">Lately.</param>
/// <param name="EmptyInNs">-1 where it does not empty.</param>
/// <param name="Opened">Since the start.</param>
/// <param name="Exhausted">Since the start.</param>
/// <param name="Pid">Of who took from it last; 0 where nobody is known.</param>
/// <param name="Comm">His name; null where nobody is known.</param>
internal readonly record struct PoolRecord(
    PoolKey Key, long Taken, long TimeWait, long Size, double OpenedPerSecond, long EmptyInNs, long Opened, long Exhausted,
    uint Pid, string? Comm);

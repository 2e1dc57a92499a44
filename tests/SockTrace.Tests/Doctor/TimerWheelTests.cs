using SockTrace.Doctor;

namespace SockTrace.Tests.Doctor;

/// <summary>The buckets of kernel/time/timer.c, whose head lists them for HZ 1000, 300, 250 and 100.</summary>
public sealed class TimerWheelTests
{
    [Theory]
    [InlineData(60_000, 4_000_000, 2048)] // HZ=250: 16384 ms to 131072 ms
    [InlineData(60_000, 1_000_000, 4096)] // HZ=1000: 32 s to 258 s
    [InlineData(60_000, 10_000_000, 5120)] // HZ=100: 40.3 s to 322 s
    [InlineData(1_000, 4_000_000, 32)] // HZ=250: 252 ms to 2016 ms
    [InlineData(100, 4_000_000, 4)]
    public void ABucketIsAnEighthOfItsLevelsBeginOrLess(long timeMs, long tickNs, long bucketMs) =>
        Assert.Equal(bucketMs * 1_000_000, TimerWheel.BucketNs(timeMs * 1_000_000, tickNs));
}

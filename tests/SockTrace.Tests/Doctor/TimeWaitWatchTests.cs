using SockTrace.Doctor;

namespace SockTrace.Tests.Doctor;

/// <summary>Following a mini-socket, in a time of the test's own.</summary>
public sealed class TimeWaitWatchTests : IMiniSocketView
{
    private const long Ms = 1_000_000;

    private long _nowNs = 1000 * Ms;
    private long _stopNs = long.MaxValue;
    private Func<long, MiniSocketLook> _look = _ => default;

    string IMiniSocketView.Name => "test";

    TimeSpan IMiniSocketView.Resolution => TimeSpan.FromMilliseconds(1);

    [Fact]
    public void TheTimerIsWhatTheLooksSayAndTheEndIsWhenItWasGone()
    {
        _look = at => at < 61_000 ? TimeWait(60_000 - at) : default;
        TimeWaitSpan span = Run();
        Assert.Equal(TimeWaitSpan.Expired, span.Ended);
        Assert.Equal(60_000 * Ms, span.TimerNs);
        Assert.InRange(span.GoneNs!.Value, 61_000 * Ms, 61_002 * Ms);
        Assert.InRange(span.LastSeenNs, 60_998 * Ms, 61_000 * Ms);
    }

    [Fact]
    public void ALookThatIsFarOffDoesNotChangeTheTimer()
    {
        _look = at => at < 60_500 ? TimeWait(60_000 - at + (at is > 20_000 and < 20_300 ? 900 : 0)) : default;
        Assert.Equal(60_000 * Ms, Run().TimerNs);
    }

    [Fact]
    public void AKernelThatWasBuiltOtherwiseIsMeasuredAsItIs()
    {
        _look = at => at < 15_500 ? TimeWait(15_000 - at) : default;
        Assert.Equal((TimeWaitSpan.Expired, 15_000 * Ms), (Run().Ended, Run().TimerNs));
    }

    [Fact]
    public void OneThatGoesBeforeItsTimeIsNoMeasurement()
    {
        _look = at => at < 30_000 ? TimeWait(60_000 - at) : default;
        Assert.Equal(TimeWaitSpan.Early, Run().Ended);
    }

    [Fact]
    public void OneThatIsTakenOverIsToldApart()
    {
        _look = at => at < 30_000 ? TimeWait(60_000 - at) : new MiniSocketLook(MiniSocketSight.Another);
        Assert.Equal(TimeWaitSpan.Reused, Run().Ended);
    }

    [Fact]
    public void OneThatNeverIsThereWasNotMade()
    {
        TimeWaitSpan span = Run();
        Assert.Equal((TimeWaitSpan.NotMade, null), (span.Ended, span.TimerNs));
    }

    [Fact]
    public void ItIsWaitedForUntilTheFinHasCome()
    {
        _look = at => at < 40 ? new MiniSocketLook(MiniSocketSight.Earlier) : at < 61_000 ? TimeWait(60_000 - at) : default;
        Assert.Equal((TimeWaitSpan.Expired, 60_000 * Ms), (Run().Ended, Run().TimerNs));
    }

    [Fact]
    public void OneThatDoesNotGoIsNotWaitedForForEver()
    {
        _look = at => TimeWait(Math.Max(0, 60_000 - at));
        TimeWaitSpan span = Run();
        Assert.Equal((TimeWaitSpan.Overdue, null), (span.Ended, span.GoneNs));
        Assert.InRange(span.LastSeenNs, 72_000 * Ms, 73_000 * Ms);
    }

    [Fact]
    public void WhoStopsItLearnsWhatTheTimerWasSetTo()
    {
        _look = at => TimeWait(60_000 - at);
        _stopNs = 5_000 * Ms;
        TimeWaitSpan span = Run();
        Assert.Equal((TimeWaitSpan.Interrupted, 60_000 * Ms, null), (span.Ended, span.TimerNs, span.GoneNs));
    }

    MiniSocketLook IMiniSocketView.Look() => _look((_nowNs - (1000 * Ms)) / Ms);

    public void Dispose()
    {
    }

    private static MiniSocketLook TimeWait(long leftMs) => new(MiniSocketSight.TimeWait, TimeSpan.FromMilliseconds(Math.Max(0, leftMs)));

    private TimeWaitSpan Run()
    {
        _nowNs = 1000 * Ms;
        var watch = new TimeWaitWatch(this, bucketOf: _ => 2048 * Ms, () => _nowNs, pause: time =>
        {
            _nowNs += (long)time.TotalNanoseconds;
            return _nowNs - (1000 * Ms) >= _stopNs;
        });
        return watch.Run(_nowNs, (_, _) => { });
    }
}

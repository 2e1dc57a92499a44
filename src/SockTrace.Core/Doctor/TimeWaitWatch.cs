namespace SockTrace.Doctor;

/// <summary>Follows a mini-socket from its begin to its end.</summary>
/// <param name="view">Looks at it.</param>
/// <param name="bucketOf">How much later than it was set to a timer may fire, nanoseconds.</param>
/// <param name="now">CLOCK_MONOTONIC, nanoseconds.</param>
/// <param name="pause">Waits; true where the wait, and the measuring, was cut short.</param>
internal sealed class TimeWaitWatch(IMiniSocketView view, Func<long, long> bucketOf, Func<long> now, Func<TimeSpan, bool> pause)
{
    private const long MillisecondNs = 1_000_000;

    /// <summary>How far a timer may be from what it was set to and count as run out: a tick, and the looks' own time.</summary>
    private const long ToleranceNs = 50 * MillisecondNs;

    private const long OverdueNs = 10_000 * MillisecondNs;

    /// <summary>From when on it is looked at closely.</summary>
    private const long NearNs = 400 * MillisecondNs;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250), NearInterval = TimeSpan.FromMilliseconds(2);

    private readonly List<long> _timersNs = [];

    /// <param name="beganNs">When the last thing was done that makes it.</param>
    /// <param name="progress">Is told how much has passed, and what the timer was set to, nanoseconds.</param>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public TimeWaitSpan Run(long beganNs, Action<long, long> progress)
    {
        // A busy host may take a moment to bring the FIN.
        MiniSocketLook look;
        while ((look = view.Look()).Sight == MiniSocketSight.Earlier && now() - beganNs < OverdueNs)
        {
            if (pause(NearInterval))
                return new TimeWaitSpan(TimeWaitSpan.Interrupted, null, 0, null);
        }
        if (look.Sight != MiniSocketSight.TimeWait)
            return new TimeWaitSpan(TimeWaitSpan.NotMade, null, 0, now() - beganNs);

        long seenNs = 0;
        while (true)
        {
            long beforeNs = now();
            look = view.Look();
            long sinceNs = now() - beganNs;
            if (look.Sight != MiniSocketSight.TimeWait)
                return Ended(look, seenNs, sinceNs);
            seenNs = sinceNs;
            // At 0 the timer has run out, and says no more.
            if (look.Left > TimeSpan.Zero)
                _timersNs.Add(((beforeNs + now()) / 2) - beganNs + (look.Left.Ticks * TimeSpan.NanosecondsPerTick));
            progress(sinceNs, TimerNs);
            if (sinceNs > TimerNs + bucketOf(TimerNs) + OverdueNs)
                return new TimeWaitSpan(TimeWaitSpan.Overdue, TimerNs, seenNs, null);
            bool isNear = sinceNs > TimerNs - NearNs;
            TimeSpan least = view.Resolution > NearInterval ? view.Resolution : NearInterval;
            if (pause(isNear ? least : Interval))
                return new TimeWaitSpan(TimeWaitSpan.Interrupted, TimerNs, seenNs, null);
        }
    }

    /// <summary>The middle one of what each look said: it had passed, and it was still to go.</summary>
    private long TimerNs => _timersNs.Order().ElementAtOrDefault(_timersNs.Count / 2);

    private TimeWaitSpan Ended(MiniSocketLook look, long seenNs, long goneNs)
    {
        string how = look.Sight is MiniSocketSight.Another or MiniSocketSight.Earlier ? TimeWaitSpan.Reused
            : goneNs < TimerNs - ToleranceNs ? TimeWaitSpan.Early
            : TimeWaitSpan.Expired;
        return new TimeWaitSpan(how, TimerNs, seenNs, goneNs);
    }
}

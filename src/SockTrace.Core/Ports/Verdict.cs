using SockTrace.Reporting;

namespace SockTrace.Ports;

/// <summary>How near the end is, toward whom, by whom, and how long until ports come back.</summary>
/// <param name="Namespace">The pool's.</param>
/// <param name="Pool">The one with the smallest share of ports that a connect() can have; where no share is small, the fullest.</param>
/// <param name="Others">How many other pools are near their end.</param>
internal sealed record Verdict(NamespacePorts Namespace, PoolPorts Pool, int Others)
{
    public bool IsExhausted => Pool.IsExhausted;

    public bool IsNear => IsNearly(Pool, PoolAdvice.NearlyFull);

    public bool IsBusy => IsNearly(Pool, PoolAdvice.Busy) || Pool.IsBusy;

    private int Left => Pool.Free + Pool.TimeWaitReusable;

    /// <returns>Null where there is no pool.</returns>
    public static Verdict? Of(PortBudget budget)
    {
        if (budget.Pools.Count == 0)
            return null;
        (NamespacePorts space, PoolPorts pool) = budget.Pools.MinBy(pool => LeftShare(pool.Pool));
        if (!IsNearly(pool, PoolAdvice.Busy))
            (space, pool) = budget.Pools[0];
        return new Verdict(space, pool, budget.Pools.Count(other => other.Pool != pool && IsNearly(other.Pool, PoolAdvice.NearlyFull)));
    }

    public string Headline
    {
        get
        {
            string path = $"from {Pool.Laddr} to {Pool.Destination}{PortsText.Where(Namespace)}";
            string others = Others == 0 ? "" : Others == 1 ? " (1 more pool is near its end)" : $" ({Others} more pools are near their end)";
            if (IsExhausted)
                return $"NO PORT LEFT {path}: {Pool.Taken} of {Pool.Size} taken{Blocked}{others}";
            if (IsNear)
                return $"NEARLY OUT OF PORTS {path}: {Pool.Taken} of {Pool.Size} taken{Blocked}, {Left} left{Reusable}{others}";
            if (IsBusy)
                return $"{Pool.Taken} of {Pool.Size} ports are taken {path}{Blocked}, {Left} left{Reusable}";
            return $"No pool is near its end. The fullest, {path}, has {Pool.Taken} of {Pool.Size} ports taken.";
        }
    }

    /// <summary>What holds the ports, and when they come back: the kernel's timers may be late, but not early.</summary>
    public string Use
    {
        get
        {
            string live = Pool.CloseWait == 0 ? $"{Pool.Live} live" : $"{Pool.Live} live ({Pool.CloseWait} of them in CLOSE_WAIT)";
            string orphans = Pool.FinWait2 == 0 ? "" : $", {Pool.FinWait2} in FIN_WAIT2 (orphans, {Namespace.FinTimeoutS} s at most)";
            string back = Pool is { TimeWaitNextNs: long next, TimeWaitLastNs: long last }
                ? $" At the earliest the first port comes back {(next == 0 ? "now" : $"in {Words.Duration(next)}")}, the last in {Words.Duration(last)}." : "";
            return $"{Pool.TimeWait} in TIME_WAIT, {live}{orphans}.{back}"
                + $" {Pool.Size} ports bear {Words.Rate(PoolAdvice.Sustainable(Pool.Size))} connections a second.";
        }
    }

    public string Who => Pool switch
    {
        { Comm: not null, Held: int held } => $"{Pool.Comm} ({Pool.Pid}) holds {(held == Pool.Live ? "all" : $"{held}")} of the {Pool.Live} live."
            + (Pool.TimeWait > Pool.Live ? " A TIME_WAIT has no owner; who opens connections now shows:" : ""),
        { Live: 0 } => $"Nobody holds them: {(Pool.TimeWait >= Pool.FinWait2 ? "a TIME_WAIT" : "an orphan")} has no owner. Who opens connections now shows:",
        _ => "Who holds the live ones is not known here; who opens connections now shows:",
    };

    /// <summary>What shows who it is; null where that is known.</summary>
    public string? Command => Who.EndsWith(':') ? $"socktrace live --host {Pool.Raddr} --rport {Pool.Rport}" : null;

    private string Reusable => Pool.TimeWaitReusable == 0 ? ""
        : $", {Pool.TimeWaitReusable} of them by taking over a TIME_WAIT (tcp_tw_reuse), if the peer sends timestamps";

    private string Blocked => Namespace.Blocked == 0 ? "" : $" and {Namespace.Blocked} held by bind()";

    private static double LeftShare(PoolPorts pool) => pool.Size == 0 ? 0 : (double)(pool.Free + pool.TimeWaitReusable) / pool.Size;

    private static bool IsNearly(PoolPorts pool, double share) => 1 - LeftShare(pool) >= share;
}

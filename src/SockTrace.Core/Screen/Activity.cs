using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Reporting;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>What happened, as the screen shows it: counts a second, the last events, processes, times.</summary>
internal sealed class Activity
{
    private const long SecondNs = 1_000_000_000;

    /// <summary>connect()s that began.</summary>
    public PerSecond Connected { get; } = new();

    /// <summary>Connections that the kernel made for a listener.</summary>
    public PerSecond Accepted { get; } = new();

    /// <summary>Connections that reached CLOSE.</summary>
    public PerSecond Closed { get; } = new();

    /// <summary>Those of them that were never established.</summary>
    public PerSecond Failed { get; } = new();

    /// <summary>Those of them that found no local port.</summary>
    public PerSecond Exhausted { get; } = new();

    /// <summary>The last of these; its time is 0 where there is none.</summary>
    public Exhaustion LastExhaustion { get; private set; }

    public RecentEvents Events { get; } = new();
    public ProcessTable Processes { get; } = new();

    /// <summary>Since the start, or the last reset.</summary>
    public Distributions Times { get; private set; } = new();

    /// <summary>When that was; 0 before the first look at the clock.</summary>
    public long SinceNs { get; private set; }

    /// <summary>The connection that is followed; null where none is.</summary>
    public Followed? Followed { get; set; }

    /// <summary>Pairs of a process and a destination that failures are counted of; beyond that counting begins anew.</summary>
    private const int MaxFailing = 4096;

    private readonly Dictionary<(uint Pid, uint Netns, IpAddress Raddr, ushort Rport), long> _withoutPort = [];

    /// <summary>What the pools had counted at the last reset: their own counts are the tracker's, and go on.</summary>
    private readonly Dictionary<PoolKey, (long Opened, long Exhausted)> _poolsAtReset = [];

    private long _nextSecondNs;

    public void OnTransition(in Transition transition)
    {
        MoveTo(transition.TimeNs);
        ConnectionView connection = transition.Connection;
        bool isConnect = transition is { Old: TcpState.Close, New: TcpState.SynSent };
        if (isConnect)
            Connected.Add(transition.TimeNs);
        if (transition is { Old: TcpState.Listen, New: TcpState.SynRecv })
            Accepted.Add(transition.TimeNs);
        if (isConnect && connection.OwnerFrom != OwnerFrom.Unknown)
        {
            int row = Processes.RowOf(connection.Pid, connection.Comm); // which may make the columns anew
            Processes.Opened[row]++;
        }
        if (transition.New == TcpState.Close)
            return; // OnClosed follows, and says more.
        ref RecentEvent e = ref Events.Next();
        e.Kind = RecentEventKind.Transition;
        e.TimeNs = transition.TimeNs;
        e.Socket = SocketIdentity.Of(connection);
        e.Old = transition.Old;
        e.State = transition.New;
        e.LastedNs = transition.InOldNs;
        Followed?.OnEvent(e);
    }

    public void OnClosed(in ClosedConnection closed)
    {
        MoveTo(closed.ClosedNs);
        ConnectionView connection = closed.Connection;
        ref RecentEvent e = ref Events.Next();
        e.Kind = RecentEventKind.Closed;
        e.TimeNs = closed.ClosedNs;
        e.Socket = SocketIdentity.Of(connection);
        e.State = TcpState.Close;
        e.LastedNs = closed.LifetimeNs;
        e.Reason = closed.Reason;
        e.Totals = closed.Totals;
        Followed?.OnEvent(e);
        if (connection.Role == Role.Listener)
            return;

        Times.RecordConnection(closed);
        Closed.Add(closed.ClosedNs);
        bool isFailed = connection.Role is Role.Client or Role.Server && !connection.StateTimes.Contains(TcpState.Established);
        if (isFailed)
            Failed.Add(closed.ClosedNs);
        if (connection.OwnerFrom == OwnerFrom.Unknown)
            return;
        int row = Processes.RowOf(connection.Pid, connection.Comm);
        Processes.Closed[row]++;
        Processes.Failed[row] += isFailed ? 1 : 0;
        Processes.Accepted[row] += connection.Role == Role.Server ? 1 : 0;
        if (closed.Totals is CloseTotals totals)
        {
            Processes.Sent[row] += totals.BytesSent;
            Processes.Received[row] += totals.BytesReceived;
        }
    }

    public void OnTimeWaitEnded(in EndedMiniSocket ended)
    {
        ref RecentEvent e = ref Events.Next();
        e.Kind = RecentEventKind.TimeWaitEnded;
        e.TimeNs = ended.EndedNs;
        e.Socket = SocketIdentity.Of(ended);
        e.State = ended.BeganNs != 0 || ended.Ending == MiniSocketEnding.Overflow ? TcpState.TimeWait : TcpState.FinWait2;
        e.LastedNs = ended.DurationNs >= 0 ? ended.DurationNs : ended.FinWait2Ns;
        e.Ending = ended.Ending;
        Followed?.OnEvent(e);
        Times.RecordTimeWait(ended);
    }

    public void OnPortExhausted(in PortExhausted exhausted)
    {
        ConnectionView connection = exhausted.Connection;
        ref RecentEvent e = ref Events.Next();
        e.Kind = RecentEventKind.PortExhausted;
        e.TimeNs = exhausted.TimeNs;
        e.Socket = SocketIdentity.Of(connection);
        e.LastedNs = -1;
        Exhausted.Add(exhausted.TimeNs);
        LastExhaustion = new Exhaustion(exhausted.TimeNs, e.Socket, exhausted.Pool, exhausted.Taken, CountWithoutPort(e.Socket));
        if (connection.OwnerFrom == OwnerFrom.Unknown)
            return;
        int row = Processes.RowOf(connection.Pid, connection.Comm);
        Processes.Exhausted[row]++;
    }

    /// <returns>How often this process found no port to there; with this time.</returns>
    private long CountWithoutPort(in SocketIdentity socket)
    {
        if (_withoutPort.Count >= MaxFailing)
            _withoutPort.Clear();
        return ++CollectionsMarshal.GetValueRefOrAddDefault(_withoutPort, (socket.Pid, socket.Netns, socket.Raddr, socket.Rport), out _);
    }

    /// <summary>Time has come so far.</summary>
    public void MoveTo(long nowNs)
    {
        if (nowNs < _nextSecondNs)
            return;
        bool isNext = nowNs - _nextSecondNs < SecondNs;
        _nextSecondNs = ((nowNs / SecondNs) + 1) * SecondNs;
        foreach (PerSecond counts in (ReadOnlySpan<PerSecond>)[Connected, Accepted, Closed, Failed, Exhausted])
            counts.MoveTo(nowNs);
        if (SinceNs == 0)
            SinceNs = nowNs;
        Processes.Tick();
        if (!isNext)
            Processes.Tick(); // and in the second before this one nothing happened
    }

    /// <summary>The pool, with what it counted since the last reset. One that was forgotten meanwhile has begun anew itself.</summary>
    public PoolUse SinceReset(in PoolUse pool)
    {
        (long opened, long exhausted) = _poolsAtReset.GetValueOrDefault(pool.Key);
        return pool.Opened < opened || pool.Exhausted < exhausted
            ? pool
            : pool with { Opened = pool.Opened - opened, Exhausted = pool.Exhausted - exhausted };
    }

    /// <summary>Counts from here on. What is now stays: it is not counted, but looked at.</summary>
    public void Reset(long nowNs, PoolTable pools)
    {
        _poolsAtReset.Clear();
        for (int row = pools.Oldest; row != RowIndex.None; row = pools.Newer(row))
        {
            PoolUse pool = pools.UseOf(row);
            _poolsAtReset[pool.Key] = (pool.Opened, pool.Exhausted);
        }
        foreach (PerSecond counts in (ReadOnlySpan<PerSecond>)[Connected, Accepted, Closed, Failed, Exhausted])
            counts.Clear();
        Processes.Clear();
        Times = new Distributions();
        LastExhaustion = default;
        _withoutPort.Clear();
        SinceNs = nowNs;
    }
}

/// <summary>A connect() that found no port.</summary>
/// <param name="TimeNs">When; 0 where there was none.</param>
/// <param name="Socket">Whose, and to where.</param>
/// <param name="Pool">Ports of the pool; 0 where that is not known.</param>
/// <param name="Taken">Of them.</param>
/// <param name="Failed">How often it was this process's, to there; with this time.</param>
internal readonly record struct Exhaustion(long TimeNs, SocketIdentity Socket, int Pool, int Taken, long Failed);

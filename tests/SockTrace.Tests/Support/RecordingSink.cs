using System.Globalization;
using System.Text;
using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Tests.Support;

/// <summary>Keeps what the tracker told it as short lines, which are easy to compare.</summary>
internal sealed class RecordingSink : ITraceSink
{
    public List<string> Lines { get; } = [];

    /// <summary>Of each connection that closed.</summary>
    public List<(CloseReason Reason, ClosedBy By)> Reasons { get; } = [];

    /// <summary>Of each connection that closed.</summary>
    public List<PortReuse> Reuses { get; } = [];

    public void OnTransition(in Transition transition) => Lines.Add(string.Create(CultureInfo.InvariantCulture,
        $"{Name(transition.Old)}>{Name(transition.New)} {transition.InOldNs} {Owner(transition.Connection)}"));

    public void OnClosed(in ClosedConnection closed)
    {
        ConnectionView c = closed.Connection;
        Reasons.Add((closed.Reason, closed.ClosedBy));
        Reuses.Add(c.Reuse);
        var times = new StringBuilder();
        for (int i = 0; i < c.StateTimes.Count; i++)
            times.Append(CultureInfo.InvariantCulture, $" {Name(c.StateTimes.StateAt(i))}={c.StateTimes.Ns(c.StateTimes.StateAt(i))}");
        Lines.Add(string.Create(CultureInfo.InvariantCulture,
            $"{c.Role} {c.Laddr}:{c.Lport} {c.Raddr}:{c.Rport} life={closed.LifetimeNs} connect={c.ConnectNs}{times} {Owner(c)}"));
    }

    public void OnTimeWaitEnded(in EndedMiniSocket ended) => Lines.Add(string.Create(CultureInfo.InvariantCulture,
        $"TIME_WAIT {ended.Laddr}:{ended.Lport} {ended.Raddr}:{ended.Rport} {ended.FinWait2Ns}+{ended.DurationNs} {ended.Ending}{(ended.IsInferred ? " inferred" : "")}"));

    public void OnPortExhausted(in PortExhausted exhausted) => Lines.Add(string.Create(CultureInfo.InvariantCulture,
        $"NO PORT {exhausted.Connection.Raddr}:{exhausted.Connection.Rport} {exhausted.Taken} of {exhausted.Pool} {Owner(exhausted.Connection)}"));

    public void OnStatistics(in Statistics statistics) => Lines.Add(string.Create(CultureInfo.InvariantCulture,
        $"stats +{statistics.Opened} -{statistics.Closed} live={statistics.Live} time_wait={statistics.TimeWait}"));

    public void OnLost(in Loss loss) => Lines.Add(string.Create(CultureInfo.InvariantCulture,
        $"lost {loss.Count} of {loss.Total} {loss.Place}"));

    public void Flush(in TraceTotals soFar)
    {
    }

    public SinkLosses Losses => default;

    public void OnEnd(in TraceTotals totals)
    {
    }

    public void Dispose()
    {
    }

    private static string Name(TcpState state) => Encoding.ASCII.GetString(TcpStates.Name(state));

    private static string Owner(ConnectionView connection) =>
        connection.OwnerFrom == OwnerFrom.Unknown ? "-" : $"{connection.Pid}/{connection.OwnerFrom}";
}

using SockTrace.Filters;

namespace SockTrace.Tracking;

/// <summary>Tells of mini-sockets' ends, and enters them where they count.</summary>
/// <param name="sight">What the source tells of mini-sockets.</param>
/// <param name="ports">Is told which are taken over.</param>
/// <param name="audit">Counts what the kernel counts too.</param>
/// <param name="filter">Which of them are shown.</param>
/// <param name="sinks">To whom.</param>
internal sealed class TimeWaitEnds(TimeWaitSight sight, PortTable ports, Audit audit, TraceFilter filter, ITraceSink[] sinks)
{
    /// <summary>Mini-sockets whose end was not seen.</summary>
    public long Unseen { get; private set; }

    /// <summary>One has ended. It still has its row.</summary>
    public void Tell(MiniSocketTable minis, int row, long timeNs, MiniSocketEnding ending)
    {
        if (ending == MiniSocketEnding.Lost && sight != TimeWaitSight.Inferred)
            Unseen++;
        if (ending == MiniSocketEnding.Expired)
            audit.CountTimeWait(minis.Netnses[row], timeNs, isExpiry: true);
        if (ending == MiniSocketEnding.Overflow)
            audit.Count(minis.Netnses[row], timeNs, AuditCounter.TCPTimeWaitOverflow);
        if (ending == MiniSocketEnding.Reused)
        {
            audit.Count(minis.Netnses[row], timeNs, AuditCounter.TWRecycled);
            ports.TakeOver(minis.PortOf(row), minis.Raddrs[row], minis.Rports[row], minis.ClosedNs[row]);
        }

        var ended = new EndedMiniSocket(minis, row, timeNs, ending);
        if (!filter.Accepts(ended))
            return;
        foreach (ITraceSink sink in sinks)
            sink.OnTimeWaitEnded(ended);
    }
}

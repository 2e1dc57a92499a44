using System.Buffers;
using SockTrace.Tracking;

namespace SockTrace.Output;

/// <summary>
/// The <c>end</c> of a trace. Each file of a run that was rotated counts what is in itself and
/// what was lost in its time; only the run's last has the audit.
/// </summary>
internal static class LastLine
{
    /// <summary>More than one namespace, or all before them, takes.</summary>
    private const int MaxPart = 4096;

    /// <param name="destination">Gets the line.</param>
    /// <param name="unixNs">The file's end.</param>
    /// <param name="counts">The file's records.</param>
    /// <param name="totals">The run's, until now.</param>
    /// <param name="before">The run's at the end of the file before.</param>
    /// <param name="isContinued">Another file follows.</param>
    public static void Write(
        IBufferWriter<byte> destination, long unixNs, in RecordCounts counts, in TraceTotals totals, in TraceTotals before,
        bool isContinued)
    {
        TraceTotals own = totals.Since(before);
        var line = new JsonLine(destination.GetSpan(MaxPart));
        var times = new TimestampFormat();
        line.Raw("{\"type\":\"end\",\"ts\":"u8);
        line.Time(ref times, unixNs);
        if (isContinued)
            line.Raw(",\"continued\":true"u8);
        line.Field(",\"totals\":{\"state\":"u8, counts.States);
        line.Field(",\"conn\":"u8, counts.Conns);
        line.Field(",\"time_wait\":"u8, counts.TimeWaits);
        line.Field(",\"port_exhausted\":"u8, counts.Exhausted);
        line.Field(",\"stats\":"u8, counts.Statistics);
        line.Field(",\"lost\":"u8, counts.Losts);
        line.Field("},\"lost\":{\"ring\":"u8, own.LostRing);
        line.Field(",\"kernel\":"u8, own.LostKernel);
        line.Field(",\"queue\":"u8, own.LostQueue);
        line.Field(",\"table\":"u8, own.LostTable);
        line.Field("},\"unmatched\":"u8, own.Unmatched);
        line.Field(",\"forgotten\":"u8, own.Forgotten);
        line.Raw(",\"audit\":["u8);
        bool isFirst = true;
        foreach (AuditedNamespace audited in totals.Audit)
        {
            // One namespace at a time: there may be thousands.
            destination.Advance(line.Length);
            line = new JsonLine(destination.GetSpan(MaxPart));
            WriteAudit(ref line, audited, totals, isFirst);
            isFirst = false;
        }
        line.Raw("]}\n"u8);
        destination.Advance(line.Length);
    }

    /// <summary>The kernel's counters beside the trace's; where they differ, and it is known why, that too.</summary>
    private static void WriteAudit(ref JsonLine line, AuditedNamespace audited, in TraceTotals totals, bool isFirst)
    {
        line.Raw(isFirst ? "{\"netns\":"u8 : ",{\"netns\":"u8);
        line.Number(audited.Netns);
        WriteCounters(ref line, ",\"kernel\":{"u8, audited.Kernel);
        WriteCounters(ref line, ",\"trace\":{"u8, audited.Trace);
        if (!audited.Kernel.AsSpan().SequenceEqual(audited.Trace) && (audited.IsTiming || totals.IsFiltered || totals.Missed > 0))
        {
            line.Raw(",\"because\":\""u8);
            line.Raw(totals switch
            {
                _ when audited.IsTiming => "timing"u8,
                { IsFiltered: true, Missed: > 0 } => "filters and losses"u8,
                { Missed: > 0 } => "losses"u8,
                _ => "filters"u8,
            });
            line.Raw("\""u8);
        }
        line.Raw("}"u8);
    }

    private static void WriteCounters(ref JsonLine line, ReadOnlySpan<byte> name, long[] counters)
    {
        line.Raw(name);
        for (int i = 0; i < counters.Length; i++)
        {
            line.Raw(i == 0 ? "\""u8 : ",\""u8);
            line.Raw(NameOf((AuditCounter)i));
            line.Field("\":"u8, counters[i]);
        }
        line.Raw("}"u8);
    }

    private static ReadOnlySpan<byte> NameOf(AuditCounter counter) => counter switch
    {
        AuditCounter.ActiveOpens => "ActiveOpens"u8,
        AuditCounter.PassiveOpens => "PassiveOpens"u8,
        AuditCounter.AttemptFails => "AttemptFails"u8,
        AuditCounter.EstabResets => "EstabResets"u8,
        AuditCounter.TW => "TW"u8,
        AuditCounter.TWRecycled => "TWRecycled"u8,
        _ => "TCPTimeWaitOverflow"u8,
    };
}

using System.Globalization;
using SockTrace.Reporting;

namespace SockTrace.Doctor;

/// <summary>What `doctor --measure-timewait` says, in JSON as in words; docs/doctor.md says what each field is.</summary>
internal sealed record TimeWaitReport
{
    public int Schema { get; } = 1;
    public required string Version { get; init; }
    public required string Host { get; init; }
    public required string Kernel { get; init; }
    public required string Laddr { get; init; }
    public required int Lport { get; init; }
    public required string Raddr { get; init; }
    public required int Rport { get; init; }
    public required string By { get; init; }
    public required string Ended { get; init; }
    public required long? TimerNs { get; init; }
    public required long LastSeenNs { get; init; }
    public required long? GoneNs { get; init; }
    public required long TickNs { get; init; }
    public required long? BucketNs { get; init; }
    public required long? FinTimeoutS { get; init; }
    public required long? TwReuse { get; init; }
    public required long? MaxTwBuckets { get; init; }

    /// <summary>Whether it was measured to its end, or as far as was wanted.</summary>
    public bool IsMeasured() => Ended is TimeWaitSpan.Expired or TimeWaitSpan.Interrupted;

    public byte[] ToText()
    {
        var page = new TextPage(80);
        page.Line($"TIME_WAIT of {Laddr}:{Lport} to {Raddr}:{Rport}, by {By}");
        page.Line($"  kernel      {Kernel}");
        if (TimerNs is long timer)
            page.Line($"  timer       {Seconds(timer)} s, as the kernel set it");
        if (Ended == TimeWaitSpan.Expired)
            page.Line($"  gone after  {Seconds(GoneNs!.Value)} s; {Seconds(LastSeenNs)} s after its begin it was still there");
        page.Line();
        page.Paragraph(Explanation(), "  ", "  ");
        page.Paragraph($"tcp_fin_timeout{(FinTimeoutS is long fin ? $", here {fin} s," : "")} is something else: how long an orphan waits in FIN_WAIT2 for the peer's FIN. It does not change TIME_WAIT.",
            "  ", "  ");
        return page.ToUtf8();
    }

    private string Explanation() => Ended switch
    {
        TimeWaitSpan.Expired =>
            $"The kernel puts a timer that is this far away into a bucket of {BucketNs / TickNs} ticks ({Seconds(BucketNs!.Value)} s), which runs at its end: so it is gone up to that much after its time.",
        TimeWaitSpan.Early =>
            $"It was gone before its time, between {Seconds(LastSeenNs)} s and {Seconds(GoneNs!.Value)} s after its begin: a RST, an administrator (ss -K) or tcp_tw_reuse ended it. Measure again.",
        TimeWaitSpan.Reused =>
            $"Another connection took the four-tuple over, between {Seconds(LastSeenNs)} s and {Seconds(GoneNs!.Value)} s after its begin (tcp_tw_reuse, here {TwReuse?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}). Measure again.",
        TimeWaitSpan.NotMade =>
            $"The kernel made no mini-socket: tcp_max_tw_buckets{(MaxTwBuckets is long buckets ? $", here {buckets}," : "")} is reached, or this is no TCP of Linux's (a sandbox).",
        TimeWaitSpan.Overdue => $"{Seconds(LastSeenNs)} s after its begin it was still there, long after its time, and was not waited for any longer.",
        _ => "Stopped before its end: its timer was read, and when it is gone was not waited for.",
    };

    private static string Seconds(long ns) => (ns / 1e9).ToString("0.000", CultureInfo.InvariantCulture);
}

namespace SockTrace.Doctor;

/// <summary>What was measured of one TIME_WAIT. Times are from its begin, nanoseconds.</summary>
/// <param name="Ended">How, as <c>ended</c> in docs/doctor.md.</param>
/// <param name="TimerNs">What its timer was set to, as the kernel tells; null where there was none.</param>
/// <param name="LastSeenNs">When it was last seen.</param>
/// <param name="GoneNs">When it was first not seen any more; null where that was not waited for.</param>
internal sealed record TimeWaitSpan(string Ended, long? TimerNs, long LastSeenNs, long? GoneNs)
{
    public const string Expired = "expired", Early = "early", Reused = "reused", NotMade = "not_made", Overdue = "overdue", Interrupted = "interrupted";
}

namespace SockTrace.Tracking;

/// <summary>Where a pool stood at some time: ports taken, those of them that connections have, and counts from the start on.</summary>
internal record struct PoolMark(int Taken, int Live, long Opened, long TimeWaitsMade, long TakenOver);

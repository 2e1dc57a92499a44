namespace SockTrace.Tracking;

/// <summary>Records that an output did not take.</summary>
/// <param name="Records">All of them.</param>
/// <param name="ByFailure">Those of them that a disk or a device refused; the others came too fast.</param>
internal readonly record struct SinkLosses(long Records, long ByFailure);

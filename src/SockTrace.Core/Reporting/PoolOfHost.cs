using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>A pool, of one of several hosts.</summary>
internal readonly record struct PoolOfHost(string Host, PoolKey Key);

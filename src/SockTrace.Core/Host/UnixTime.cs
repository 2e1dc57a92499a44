namespace SockTrace.Host;

/// <summary>Wall-clock times as traces have them: nanoseconds since 1970-01-01 UTC.</summary>
internal static class UnixTime
{
    public static DateTimeOffset From(long unixNs) => DateTimeOffset.UnixEpoch.AddTicks(unixNs / 100);
}

using System.Globalization;

namespace SockTrace.Replay;

/// <summary>A moment of a trace: a time of the wall clock, or how long after the trace's begin.</summary>
/// <param name="Ns">Nanoseconds since 1970-01-01 UTC, or since the begin.</param>
/// <param name="IsSinceBegin">Which of the two.</param>
internal readonly record struct TraceTime(long Ns, bool IsSinceBegin)
{
    /// <summary>A time of the wall clock, as RFC 3339 has it; without an offset it is UTC, as in the trace.</summary>
    public static TraceTime? Parse(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? new TraceTime((time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick, IsSinceBegin: false)
            : null;

    /// <summary>Nanoseconds since 1970-01-01 UTC.</summary>
    /// <param name="beginNs">Of the trace, likewise.</param>
    public long In(long beginNs) => IsSinceBegin ? beginNs + Ns : Ns;
}

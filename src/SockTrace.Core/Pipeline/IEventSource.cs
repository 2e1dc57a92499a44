using System.IO.Pipelines;
using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Pipeline;

/// <summary>Where events come from. All sources write the same <see cref="Events.TcpEvent"/>.</summary>
internal interface IEventSource : IDisposable
{
    /// <summary>The name in the trace's header and in --source.</summary>
    string Name { get; }

    /// <summary>What it tells of mini-sockets.</summary>
    TimeWaitSight TimeWait { get; }

    /// <summary>Whether this kernel counts a mini-socket as TW when it expires, and not when it is made.</summary>
    bool TimeWaitIsCountedAtExpiry => false;

    /// <summary>The time of its events, now: CLOCK_MONOTONIC, unless it tells of another time.</summary>
    long NowNs => WallClock.MonotonicNs;

    /// <summary>Whether there never will be more: what is live has no end.</summary>
    bool IsOver => false;

    /// <summary>Ends once all is seen that it sees: until then ends of TIME_WAIT may be missing.</summary>
    Task Ready => Task.CompletedTask;

    /// <summary>What it hooks or reads, for -v.</summary>
    IEnumerable<string> Attached { get; }

    /// <summary>
    /// Waits until a good many events have happened, no longer than <paramref name="timeout"/>,
    /// and writes them whole. Bounded: what is left comes with the next call.
    /// </summary>
    /// <returns>Whether there is more, so that the next call will not wait.</returns>
    bool Poll(PipeWriter writer, TimeSpan timeout);

    /// <summary>
    /// Events were lost: tells anew what is there, as <see cref="Events.EventKind.Seen"/> and
    /// what belongs to it, if not at once. Nothing for who looks at everything every time.
    /// </summary>
    void Resynchronise();

    /// <returns>Something that -v should say, once; null where there is nothing.</returns>
    string? TakeNote();

    /// <summary>No more events come into being; those that already have can still be polled.</summary>
    void Stop();

    /// <summary>Reads the loss counters. A system call, so not for every event.</summary>
    SourceLosses ReadLosses();
}

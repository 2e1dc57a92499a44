using System.IO.Pipelines;

namespace SockTrace.Pipeline;

/// <summary>Where events come from. All sources write the same <see cref="Events.TcpEvent"/>.</summary>
internal interface IEventSource : IDisposable
{
    /// <summary>The name in the trace's header and in --source.</summary>
    string Name { get; }

    /// <summary><c>measured</c> or <c>inferred</c>; null where the source sees no TIME_WAIT.</summary>
    string? TimeWaitPrecision { get; }

    /// <summary>What it hooks or reads, for -v.</summary>
    IEnumerable<string> Attached { get; }

    /// <summary>
    /// Waits until a good many events have happened, no longer than <paramref name="timeout"/>,
    /// and writes them whole. Bounded: what is left comes with the next call.
    /// </summary>
    /// <returns>Whether there is more, so that the next call will not wait.</returns>
    bool Poll(PipeWriter writer, TimeSpan timeout);

    /// <summary>No more events come into being; those that already have can still be polled.</summary>
    void Stop();

    /// <summary>Reads the loss counters. A system call, so not for every event.</summary>
    SourceLosses ReadLosses();
}

using SockTrace.Host;
using SockTrace.Output;

namespace SockTrace;

/// <summary>What outputs are opened with, once the source is there.</summary>
/// <param name="Header">The trace's first line.</param>
/// <param name="Clock">Of the source's times.</param>
/// <param name="Stop">Ends the run.</param>
internal sealed record RunStart(TraceHeader Header, WallClock Clock, CancellationTokenSource Stop);

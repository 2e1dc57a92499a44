using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SockTrace;

/// <summary>
/// Ends the run at SIGINT and SIGTERM, and at SIGHUP where that means nothing else. One that comes a second later or more ends
/// the process as usual: what is queued may be waiting for a reader that does not read. Sooner it
/// is the same wish, sent twice: timeout(1) signals its child, and then the whole group.
/// </summary>
internal static class StopSignals
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Never disposed: a handler may be running.</summary>
    private static readonly CancellationTokenSource Stop = new();

    private static PosixSignalRegistration[] _registrations = [];
    private static Action? _onHangUp;
    private static long _firstSignal;

    /// <summary>
    /// For the process's only run. They stay until the process is gone: the second of a wish may
    /// come while it ends, and must not change its exit code.
    /// </summary>
    /// <param name="onHangUp">What SIGHUP does instead; null for nothing else.</param>
    /// <returns>What they cancel.</returns>
    public static CancellationTokenSource Install(Action? onHangUp = null)
    {
        Debug.Assert(_registrations.Length == 0, "a process has one run");
        _onHangUp = onHangUp;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, onHangUp is null ? OnSignal : OnHangUp),
        ];
        return Stop;
    }

    private static void OnHangUp(PosixSignalContext context)
    {
        context.Cancel = true;
        _onHangUp!();
    }

    private static void OnSignal(PosixSignalContext context)
    {
        long now = Stopwatch.GetTimestamp();
        long first = Interlocked.CompareExchange(ref _firstSignal, now, 0);
        context.Cancel = first == 0 || Stopwatch.GetElapsedTime(first, now) < Patience;
        if (first == 0)
            Stop.Cancel();
    }
}

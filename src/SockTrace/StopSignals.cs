using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SockTrace;

/// <summary>
/// Ends the run at SIGINT and SIGTERM, and at SIGHUP where that means nothing else. One that comes a second later or more ends
/// the process as usual: what is queued may be waiting for a reader that does not read. Sooner it
/// is the same wish, sent twice: timeout(1) signals its child, and then the whole group.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly PosixSignalRegistration[] _registrations;
    private long _firstSignal;

    /// <param name="stop">Must not be disposed before this: a handler may still be running.</param>
    /// <param name="onHangUp">What SIGHUP does instead; null for nothing else.</param>
    public StopSignals(CancellationTokenSource stop, Action? onHangUp)
    {
        void OnHangUp(PosixSignalContext context)
        {
            context.Cancel = true;
            onHangUp!();
        }

        void OnSignal(PosixSignalContext context)
        {
            long now = Stopwatch.GetTimestamp();
            long first = Interlocked.CompareExchange(ref _firstSignal, now, 0);
            context.Cancel = first == 0 || Stopwatch.GetElapsedTime(first, now) < Patience;
            if (first == 0)
                stop.Cancel();
        }

        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, onHangUp is null ? OnSignal : OnHangUp),
        ];
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}

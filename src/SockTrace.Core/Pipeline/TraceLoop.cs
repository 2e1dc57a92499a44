using System.Diagnostics;
using System.IO.Pipelines;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Tracking;

namespace SockTrace.Pipeline;

/// <summary>
/// The one way through: source → pipe → decode → columns → tables → sinks, on one thread.
/// While it is busy downstream it does not poll: the ring fills, and the kernel side counts
/// what it cannot keep. Outputs never keep it busy: each has a thread that writes.
/// </summary>
internal sealed class TraceLoop(
    IEventSource source, ConnectionTracker tracker, TrackerOptions options, TimeSpan statsInterval, ITraceSink[] sinks, WallClock clock,
    Action<string>? note = null)
{
    /// <summary>How long a quiet source is waited for: what a stop or a flush may be late by.</summary>
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    /// <summary>How often the settings of network namespaces are read again.</summary>
    private static readonly TimeSpan SettingsInterval = TimeSpan.FromSeconds(5);

    // Nobody waits on this pipe: the loop reads what it has just written.
    private readonly Pipe _pipe = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: 0, useSynchronizationContext: false));

    private readonly EventDecoder _decoder = new();
    private readonly EventBatch _batch = new();
    private long _lostRing, _lostKernel, _lostQueue, _lostTable;
    private long _ringFull;
    private long _lastTickNs, _lastStatsNs, _lastSettingsNs;
    private TraceTotals _before;

    /// <summary>Runs until <paramref name="stop"/>, or for <paramref name="duration"/>.</summary>
    /// <exception cref="OutputException">Whoever read an output has gone, or one that all must go to takes no more.</exception>
    /// <exception cref="SourceFailedException">The source gives no more.</exception>
    public void Run(TimeSpan? duration, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        options.Namespaces?.WaitForFirstLook();
        _lastTickNs = _lastStatsNs = _lastSettingsNs = source.NowNs;
        while (!stop.IsCancellationRequested && !source.IsOver)
        {
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            if (elapsed >= duration)
                break;
            TimeSpan timeout = duration - elapsed is TimeSpan left && left < PollTimeout ? left : PollTimeout;

            source.Poll(_pipe.Writer, timeout);
            Drain();
            if (note is not null && source.TakeNote() is string text)
                note(text);
            Tick(source.NowNs);
            if (source.NowNs < options.FromNs)
            {
                ReportLosses();
                _before = TotalsOfAll;
            }
            Flush();
        }

        tracker.Audit.Close();
        source.Stop();
        bool isLeft;
        do
        {
            isLeft = source.Poll(_pipe.Writer, TimeSpan.Zero);
            Drain();
        }
        while (isLeft);
        tracker.Finish();
        ReportLosses();
        TraceTotals totals = Totals with { Audit = [.. tracker.Audit.Results()] };
        foreach (ITraceSink sink in sinks)
            sink.OnEnd(totals);
    }

    /// <summary>What was seen and what was lost until now. What outputs lose now, they know.</summary>
    public TraceTotals Totals => TotalsOfAll.Since(_before);

    /// <summary>With what was before <see cref="TrackerOptions.FromNs"/>.</summary>
    private TraceTotals TotalsOfAll => new(source.NowNs, tracker.Events, tracker.Shown, tracker.Unmatched,
        _lostRing, _lostKernel, _lostQueue, _lostTable)
    {
        Forgotten = tracker.Forgotten,
        IsFiltered = options.Filter.HidesPartOfNetns,
    };

    private void Tick(long nowNs)
    {
        if (nowNs - _lastTickNs < TickInterval.TotalNanoseconds)
            return;
        clock.Resynchronise();
        ReportLosses();
        tracker.Tick(nowNs, nowNs - _lastTickNs);
        if (tracker.WantsSnapshot)
            source.Resynchronise();
        _lastTickNs = nowNs;
        if (options.Namespaces is { } namespaces)
        {
            namespaces.TakeIn();
            if (namespaces.IsWanting || nowNs - _lastSettingsNs >= SettingsInterval.TotalNanoseconds)
            {
                namespaces.Refresh();
                _lastSettingsNs = nowNs;
            }
        }
        // Who runs out of ports should read of it before, and not at the next interval.
        if (nowNs - _lastStatsNs >= statsInterval.TotalNanoseconds || tracker.HasNewlyFillingPool)
        {
            tracker.TellStatistics(nowNs, nowNs - _lastStatsNs);
            _lastStatsNs = nowNs;
        }
    }

    private void Drain()
    {
        // Completed at once: the pipe never pauses its writer.
        ValueTask<FlushResult> flush = _pipe.Writer.FlushAsync(CancellationToken.None);
        Debug.Assert(flush.IsCompletedSuccessfully);

        while (_pipe.Reader.TryRead(out ReadResult result))
        {
            _batch.Clear();
            SequencePosition consumed = _decoder.Decode(result.Buffer, _batch);
            tracker.Apply(_batch);
            bool isEmpty = result.Buffer.End.Equals(consumed);
            _pipe.Reader.AdvanceTo(consumed);
            if (isEmpty)
                break;
        }
    }

    private void Flush()
    {
        TraceTotals soFar = Totals;
        foreach (ITraceSink sink in sinks)
            sink.Flush(soFar);
    }

    private void ReportLosses()
    {
        SourceLosses losses = source.ReadLosses();
        long kernel = losses.Kernel + tracker.Repeats;
        // A CLOSE that did not come leaves a row behind, whichever way it was lost.
        if (losses.Ring > _ringFull || kernel > _lostKernel)
            source.Resynchronise();
        _ringFull = losses.Ring;
        Report(LossPlace.Ring, ref _lostRing, losses.Ring + losses.Malformed + _decoder.Malformed);
        Report(LossPlace.Kernel, ref _lostKernel, kernel);
        Report(LossPlace.Queue, ref _lostQueue, losses.Queue);
        Report(LossPlace.Table, ref _lostTable, losses.Table + tracker.Evicted);
    }

    private void Report(LossPlace place, ref long reported, long total)
    {
        if (total <= reported)
            return;
        var loss = new Loss(source.NowNs, place, total - reported, total);
        reported = total;
        foreach (ITraceSink sink in sinks)
            sink.OnLost(loss);
    }
}

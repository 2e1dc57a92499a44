using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Proc;

namespace SockTrace.Bpf;

/// <summary>
/// Snapshots when they are asked for, as events that wait for their time; and, a little
/// later, the owners of what they found, which take longer to look up. A snapshot of many
/// sockets takes its time: it is taken beside the consumer of the ring, and given out as it comes.
/// </summary>
/// <param name="snapshot">Takes one.</param>
/// <param name="isRegular">Whether one is taken every now and then, for the mini-sockets in it, though nobody asks.</param>
internal sealed class SnapshotFeed(BpfSnapshot snapshot, bool isRegular) : IDisposable
{
    /// <summary>A snapshot takes at most one part in this of the time; a regular one, in the other.</summary>
    private const int Share = 20, RegularShare = 100;

    /// <summary>How far the snapshot may be ahead of who reads it.</summary>
    private const int PauseBytes = 1 << 20;

    private static readonly long RegularInterval = 2 * Stopwatch.Frequency;

    private readonly SocketOwners _owners = new();

    // In another namespace than the host's /proc has other numbers than the events.
    private readonly bool _hasOwners = HostFacts.IsInitialPidNamespace;
    private readonly List<TcpEvent> _unowned = [];
    private PipeReader? _events;
    private ulong _nextNs;
    private Task<int>? _taking;
    private Task<List<TcpEvent>>? _owned;
    private bool _isRequested = true, _isAsked;
    private long _notBefore, _nextRegular;
    private long _started;
    private int _sockets, _miniSockets, _namespaces, _refused;
    private bool _isDelivered;

    /// <summary>Whether a snapshot was asked for, and is not too soon after the last; or a regular one is due.</summary>
    public bool IsDue => (_isRequested || isRegular) && _events is null && _owned is null
        && Stopwatch.GetTimestamp() >= (_isRequested ? _notBefore : _nextRegular);

    /// <summary>Whether one is being taken, or is not given out to its end.</summary>
    public bool IsOpen => _events is not null;

    /// <summary>Whether owners are still being looked up.</summary>
    public bool IsPending => _owned is not null;

    /// <summary>Asks for a snapshot, as soon as may be.</summary>
    public void Request() => _isRequested = true;

    /// <summary>Begins to take one.</summary>
    public void Start()
    {
        _started = Stopwatch.GetTimestamp();
        (_isAsked, _isRequested) = (_isRequested, false);
        (_sockets, _miniSockets, _namespaces) = (0, 0, 0);
        _nextNs = 0;
        var pipe = new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: PauseBytes, resumeWriterThreshold: PauseBytes / 2, useSynchronizationContext: false));
        _events = pipe.Reader;
        _taking = Task.Run(() => Take(pipe.Writer));
    }

    /// <summary>Writes what was seen before <paramref name="timeNs"/>, as far as the snapshot has come.</summary>
    /// <returns>Whether it has come that far.</returns>
    /// <exception cref="BpfException">The iterator failed.</exception>
    public bool WriteUntil(ulong timeNs, PipeWriter writer)
    {
        while (_events is not null && _nextNs < timeNs)
        {
            if (!_events.TryRead(out ReadResult result))
                return false;
            var reader = new SequenceReader<byte>(result.Buffer);
            _nextNs = 0;
            while (TryPeek(reader, out TcpEvent e))
            {
                if (e.TimeNs >= timeNs)
                {
                    _nextNs = e.TimeNs;
                    break;
                }
                Count(e);
                Write(e, writer);
                reader.Advance(TcpEvent.Size);
            }
            if (_nextNs != 0)
                _events.AdvanceTo(reader.Position);
            else
                _events.AdvanceTo(reader.Position, result.Buffer.End);
            if (_nextNs == 0 && result.IsCompleted)
                Finish();
        }
        return true;
    }

    /// <summary>Waits until the snapshot has come further than what was written, no longer than <paramref name="timeout"/>.</summary>
    public void WaitForMore(TimeSpan timeout)
    {
        if (_events is null || _nextNs != 0)
            return;
        Task<ReadResult> reading = _events.ReadAsync(CancellationToken.None).AsTask();
        if (Task.WaitAny([reading], timeout) < 0)
            _events.CancelPendingRead();
        _events.AdvanceTo(reading.GetAwaiter().GetResult().Buffer.Start);
    }

    /// <summary>Writes the owners, once they are known.</summary>
    /// <returns>Whether it did.</returns>
    public bool WriteOwners(PipeWriter writer)
    {
        if (_owned is not { IsCompleted: true })
            return false;
        foreach (TcpEvent e in _owned.GetAwaiter().GetResult())
            Write(e, writer);
        _owned = null;
        _isDelivered = true;
        Pause(); // owners take longer
        return true;
    }

    /// <summary>How the last snapshot went, once all of it has been delivered.</summary>
    public string? TakeNote()
    {
        if (!_isDelivered)
            return null;
        _isDelivered = false;
        string refused = _refused == 0 ? "" : $"; {_refused} more could not be entered";
        return $"snapshot: {_sockets} sockets and {_miniSockets} mini-sockets of {_namespaces} network namespaces in "
            + $"{Stopwatch.GetElapsedTime(_started).TotalMilliseconds:0} ms{refused}";
    }

    /// <summary>Ends one that is being taken.</summary>
    public void Dispose()
    {
        _events?.Complete();
        _events = null;
        _taking?.GetAwaiter().GetResult();
        _taking = null;
    }

    /// <returns>How many namespaces could not be entered. A failure reaches who reads the pipe.</returns>
    private int Take(PipeWriter events)
    {
        try
        {
            int refused = snapshot.Take(events);
            events.Complete();
            return refused;
        }
        catch (Exception e)
        {
            events.Complete(e);
            return 0;
        }
    }

    private void Finish()
    {
        _events!.Complete();
        _events = null;
        _refused = _taking!.GetAwaiter().GetResult();
        _taking = null;
        Pause();
        if (!_isAsked)
            return;
        TcpEvent[] unowned = [.. _unowned];
        _unowned.Clear();
        _owned = Task.Run(() => OwnersOf(unowned));
    }

    private void Pause()
    {
        long now = Stopwatch.GetTimestamp(), took = now - _started;
        _notBefore = now + (Share * took);
        _nextRegular = now + Math.Max(RegularInterval, RegularShare * took);
    }

    private void Count(in TcpEvent e)
    {
        _sockets += e.Kind == EventKind.Seen ? 1 : 0;
        _miniSockets += e.Kind == EventKind.SeenMini ? 1 : 0;
        _namespaces += e.Kind == EventKind.SnapshotEnd ? 1 : 0;
        if (_isAsked && _hasOwners && e.Kind == EventKind.Seen && e.BytesReceived != 0)
            _unowned.Add(e);
    }

    private static bool TryPeek(SequenceReader<byte> reader, out TcpEvent e)
    {
        e = default;
        return reader.TryCopyTo(MemoryMarshal.AsBytes(new Span<TcpEvent>(ref e)));
    }

    private static void Write(in TcpEvent e, PipeWriter writer)
    {
        MemoryMarshal.Write(writer.GetSpan(TcpEvent.Size), e);
        writer.Advance(TcpEvent.Size);
    }

    private List<TcpEvent> OwnersOf(TcpEvent[] events)
    {
        if (events.Length > 0)
            _owners.Refresh();
        var owned = new List<TcpEvent>();
        foreach (TcpEvent e in events)
        {
            ulong inode = e.BytesReceived;
            if (!_owners.TryGet(inode, out uint pid, out Comm comm))
                continue;
            TcpEvent owner = e;
            owner.Kind = EventKind.Owned;
            owner.Flags = EventFlags.Owner | EventFlags.OwnerFromSnapshot;
            owner.Pid = pid;
            owner.Comm = comm;
            owned.Add(owner);
        }
        return owned;
    }
}

using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using CommunityToolkit.HighPerformance.Buffers;
using SockTrace.Events;
using SockTrace.Proc;

namespace SockTrace.Bpf;

/// <summary>
/// Snapshots when they are asked for, as events that wait for their time; and, a little
/// later, the owners of what they found, which take longer to look up.
/// </summary>
/// <param name="snapshot">Takes one.</param>
/// <param name="isRegular">Whether one is taken every now and then, for the mini-sockets in it, though nobody asks.</param>
internal sealed class SnapshotFeed(BpfSnapshot snapshot, bool isRegular) : IDisposable
{
    /// <summary>A snapshot takes at most one part in this of the time; a regular one, in the other.</summary>
    private const int Share = 20, RegularShare = 100;

    private static readonly long RegularInterval = 2 * Stopwatch.Frequency;

    private readonly SocketOwners _owners = new();
    private ArrayPoolBufferWriter<byte>? _events;
    private int _position;
    private Task<List<TcpEvent>>? _owned;
    private bool _isRequested = true;
    private long _notBefore, _nextRegular;
    private long _started;
    private int _sockets, _miniSockets, _namespaces, _refused;
    private bool _isDelivered;

    /// <summary>Whether a snapshot was asked for, and is not too soon after the last; or a regular one is due.</summary>
    public bool IsDue => (_isRequested || isRegular) && _events is null && _owned is null
        && Stopwatch.GetTimestamp() >= (_isRequested ? _notBefore : _nextRegular);

    public bool HasEvents => _events is not null || _owned is { IsCompleted: true };

    /// <summary>Whether owners are still being looked up.</summary>
    public bool IsPending => _owned is not null;

    /// <summary>Asks for a snapshot, as soon as may be.</summary>
    public void Request() => _isRequested = true;

    /// <exception cref="BpfException">The iterator failed.</exception>
    public void Take()
    {
        long start = Stopwatch.GetTimestamp();
        bool isAsked = _isRequested;
        _isRequested = false;
        _started = start;
        (_events, _refused) = snapshot.Take();
        _position = 0;
        (_sockets, _miniSockets, _namespaces) = (0, 0, 0);
        foreach (ref readonly TcpEvent e in MemoryMarshal.Cast<byte, TcpEvent>(_events.WrittenSpan))
        {
            _sockets += e.Kind == EventKind.Seen ? 1 : 0;
            _miniSockets += e.Kind == EventKind.SeenMini ? 1 : 0;
            _namespaces += e.Kind == EventKind.SnapshotEnd ? 1 : 0;
        }
        if (isAsked)
        {
            byte[] copy = _events.WrittenSpan.ToArray();
            _owned = Task.Run(() => OwnersOf(copy));
        }
        long now = Stopwatch.GetTimestamp();
        _notBefore = now + (Share * (now - start));
        _nextRegular = now + Math.Max(RegularInterval, RegularShare * (now - start));
    }

    /// <summary>Writes what was seen before <paramref name="timeNs"/>; at the end, the owners too.</summary>
    public void WriteUntil(ulong timeNs, PipeWriter writer)
    {
        if (_events is not null)
        {
            ReadOnlySpan<TcpEvent> events = MemoryMarshal.Cast<byte, TcpEvent>(_events.WrittenSpan);
            while (_position < events.Length && events[_position].TimeNs < timeNs)
                Write(events[_position++], writer);
            if (_position == events.Length)
            {
                _events.Dispose();
                _events = null;
            }
        }
        if (_events is null && _owned is { IsCompleted: true })
        {
            foreach (TcpEvent e in _owned.GetAwaiter().GetResult())
                Write(e, writer);
            _owned = null;
            _isDelivered = true;
            _notBefore = Stopwatch.GetTimestamp() + (Share * (Stopwatch.GetTimestamp() - _started)); // owners take longer
        }
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

    public void Dispose() => _events?.Dispose();

    private static void Write(in TcpEvent e, PipeWriter writer)
    {
        MemoryMarshal.Write(writer.GetSpan(TcpEvent.Size), e);
        writer.Advance(TcpEvent.Size);
    }

    private List<TcpEvent> OwnersOf(byte[] events)
    {
        _owners.Refresh();
        var owned = new List<TcpEvent>();
        foreach (TcpEvent e in MemoryMarshal.Cast<byte, TcpEvent>(events))
        {
            ulong inode = e.BytesReceived;
            if (e.Kind != EventKind.Seen || inode == 0 || !_owners.TryGet(inode, out uint pid, out Comm comm))
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

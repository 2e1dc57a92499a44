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
internal sealed class SnapshotFeed(BpfSnapshot snapshot) : IDisposable
{
    /// <summary>A snapshot takes at most one part in this of the time.</summary>
    private const int Share = 20;

    private readonly SocketOwners _owners = new();
    private ArrayPoolBufferWriter<byte>? _events;
    private int _position;
    private Task<List<TcpEvent>>? _owned;
    private bool _isRequested = true;
    private long _notBefore;

    /// <summary>Whether a snapshot was asked for, and is not too soon after the last.</summary>
    public bool IsDue => _isRequested && _events is null && _owned is null && Stopwatch.GetTimestamp() >= _notBefore;

    public bool HasEvents => _events is not null || _owned is { IsCompleted: true };

    /// <summary>Asks for a snapshot, as soon as may be.</summary>
    public void Request() => _isRequested = true;

    /// <returns>How many network namespaces could not be looked into.</returns>
    /// <exception cref="BpfException">The iterator failed.</exception>
    public int Take()
    {
        long start = Stopwatch.GetTimestamp();
        _isRequested = false;
        (_events, int refused) = snapshot.Take();
        _position = 0;
        byte[] copy = _events.WrittenSpan.ToArray();
        _owned = Task.Run(() => OwnersOf(copy));
        _notBefore = Stopwatch.GetTimestamp() + (Share * (Stopwatch.GetTimestamp() - start));
        return refused;
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
        }
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

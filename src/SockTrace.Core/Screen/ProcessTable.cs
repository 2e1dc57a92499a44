using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>A process; one pid with another name is another.</summary>
internal readonly record struct ProcessKey(uint Pid, ulong Name, ulong NameRest)
{
    public static ProcessKey Of(uint pid, in Comm comm)
    {
        ReadOnlySpan<byte> all = comm;
        return new ProcessKey(pid, BitConverter.ToUInt64(all), BitConverter.ToUInt64(all[8..]));
    }

    public Comm Comm
    {
        get
        {
            Comm comm = default;
            Span<byte> all = comm;
            BitConverter.TryWriteBytes(all, Name);
            BitConverter.TryWriteBytes(all[8..], NameRest);
            return comm;
        }
    }
}

/// <summary>
/// What each process did since the start, or since the last reset, as struct of arrays. Bounded:
/// the one quiet longest is forgotten.
/// </summary>
internal sealed class ProcessTable
{
    public const int MaxProcesses = 4096;

    private readonly RowIndex<ProcessKey> _index = new(MaxProcesses);
    private long[] _openedBefore = [];

    public long[] Opened = [];
    public long[] Accepted = [];
    public long[] Closed = [];
    public long[] Failed = [];
    public long[] Exhausted = [];
    public ulong[] Sent = [];
    public ulong[] Received = [];

    /// <summary>connect()s in the last second.</summary>
    public long[] OpenedLately = [];

    public int Count => _index.Count;

    /// <summary>Processes that gave way to others.</summary>
    public long Forgotten => _index.Evicted;

    public int Oldest => _index.Oldest;

    public int Newer(int row) => _index.Newer(row);

    public ref readonly ProcessKey KeyOf(int row) => ref _index.KeyOf(row);

    /// <returns>The process's row, or <see cref="RowIndex.None"/>.</returns>
    public int Find(ProcessKey key) => _index.Find(key);

    /// <returns>The process's row, a new one where it has none.</returns>
    public int RowOf(uint pid, in Comm comm)
    {
        var key = ProcessKey.Of(pid, comm);
        int row = _index.Find(key);
        if (row != RowIndex.None)
        {
            _index.Touch(row);
            return row;
        }
        row = _index.Add(key);
        if (_index.Capacity > Opened.Length)
            Resize();
        Opened[row] = Accepted[row] = Closed[row] = Failed[row] = Exhausted[row] = _openedBefore[row] = OpenedLately[row] = 0;
        Sent[row] = Received[row] = 0;
        return row;
    }

    /// <summary>A second is over.</summary>
    public void Tick()
    {
        for (int row = _index.Oldest; row != RowIndex.None; row = _index.Newer(row))
        {
            OpenedLately[row] = Opened[row] - _openedBefore[row];
            _openedBefore[row] = Opened[row];
        }
    }

    public void Clear()
    {
        while (_index.Oldest != RowIndex.None)
            _index.Remove(_index.Oldest);
    }

    private void Resize()
    {
        int capacity = _index.Capacity;
        Array.Resize(ref Opened, capacity);
        Array.Resize(ref Accepted, capacity);
        Array.Resize(ref Closed, capacity);
        Array.Resize(ref Failed, capacity);
        Array.Resize(ref Exhausted, capacity);
        Array.Resize(ref Sent, capacity);
        Array.Resize(ref Received, capacity);
        Array.Resize(ref OpenedLately, capacity);
        Array.Resize(ref _openedBefore, capacity);
    }
}

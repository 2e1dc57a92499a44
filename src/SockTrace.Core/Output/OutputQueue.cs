using System.Diagnostics;

namespace SockTrace.Output;

/// <summary>
/// Lines between the thread that traces and the one that writes, in a bounded number of
/// buffers that are used again. The tracer never waits here: a line that finds no room is
/// dropped whole, and counted.
/// </summary>
/// <remarks>
/// The buffer that was free last is filled next, so in quiet times one or two of them are ever
/// touched. A buffer that is not full is handed over only when none waits: however slow the
/// writer is, the bound is one of bytes.
/// </remarks>
internal sealed class OutputQueue
{
#if DEBUG
    private const int DefaultChunkBytes = 8 * 1024;
#else
    private const int DefaultChunkBytes = 256 * 1024;
#endif
    private const int DefaultChunks = 64;

    /// <summary>Free buffers that keep their memory when a backlog has been written.</summary>
    private const int KeptChunks = 4;

    private static readonly TimeSpan GiveBackInterval = TimeSpan.FromSeconds(1);

    /// <summary>The longest line, bytes; a longer one goes by <see cref="Add"/>.</summary>
    public const int MaxLine = 4096;

    private readonly object _gate = new();
    private readonly Queue<OutputChunk> _waiting;
    private readonly Stack<OutputChunk> _free;
    private readonly byte[] _dropped = new byte[MaxLine];
    private readonly TimeSpan _interval;
    private readonly bool _waits;
    private readonly int _chunks;

    private OutputChunk? _open;
    private long _lastHandOver;
    private long _lastGiveBack;
    private long _lossesTold;
    private bool _isComplete;
    private volatile bool _isFailing;

    /// <param name="interval">A buffer that is not full is handed over no more often than this.</param>
    /// <param name="chunks">How many buffers.</param>
    /// <param name="chunkBytes">The size of each.</param>
    /// <param name="waits">Whether a line waits for room, and is never dropped: for what is not live.</param>
    public OutputQueue(TimeSpan interval = default, int chunks = DefaultChunks, int chunkBytes = DefaultChunkBytes, bool waits = false)
    {
        Debug.Assert(chunkBytes >= 2 * MaxLine);
        _interval = interval;
        _chunks = chunks;
        _waits = waits;
        _waiting = new Queue<OutputChunk>(chunks + 4);
        _free = new Stack<OutputChunk>(chunks);
        for (int i = 0; i < chunks; i++)
            _free.Push(OutputChunk.Pooled(chunkBytes));
    }

    /// <summary>Whether a line waits for room.</summary>
    public bool Waits => _waits;

    /// <summary>Lines that found no room.</summary>
    public long Dropped { get; private set; }

    /// <summary>Those of them that found none because the output fails, and is not merely slow.</summary>
    public long DroppedByFailure { get; private set; }

    /// <summary>Lines were dropped that <see cref="TryTakeLoss"/> has not told of.</summary>
    public bool HasLoss => Dropped != _lossesTold;

    /// <summary>The writer's: whether the output refuses what it is given.</summary>
    public bool IsFailing
    {
        get => _isFailing;
        set => _isFailing = value;
    }

    /// <summary>Nothing more will come.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate)
                return _isComplete;
        }
    }

    /// <summary>All that was handed over is written.</summary>
    public bool IsDrained
    {
        get
        {
            lock (_gate)
                return _waiting.Count == 0 && _free.Count + (_open is null ? 0 : 1) == _chunks;
        }
    }

    /// <summary>
    /// Room for a line of up to <paramref name="length"/> bytes, to be followed by <see cref="Commit"/>.
    /// After a loss there is none until <see cref="TryTakeLoss"/> has told of it: the line that
    /// says so comes before what is newer.
    /// </summary>
    public Span<byte> Reserve(int length)
    {
        OutputChunk? open = _open;
        if (open is null || open.Bytes.Length - open.Length < length)
            open = HasLoss ? null : OpenNext();
        return open is null ? _dropped.AsSpan(0, length) : open.Bytes.AsSpan(open.Length, length);
    }

    /// <returns>False where there was no room: the line is dropped.</returns>
    public bool Commit(int length)
    {
        if (_open is { } open)
        {
            open.Length += length;
            return true;
        }
        Dropped++;
        if (_isFailing)
            DroppedByFailure++;
        return false;
    }

    /// <summary>What was dropped since the last time, once there is room for a line that says so.</summary>
    public bool TryTakeLoss(out long count)
    {
        count = Dropped - _lossesTold;
        if (count == 0 || (_open is null && OpenNext() is null))
            return false;
        _lossesTold = Dropped;
        return true;
    }

    /// <summary>The same, for whoever makes room of his own.</summary>
    public long TakeLoss()
    {
        long count = Dropped - _lossesTold;
        _lossesTold = Dropped;
        return count;
    }

    /// <summary>Nothing more is at hand: what is there may go to the writer.</summary>
    public void HandOver()
    {
        if (_open is not { Length: > 0 } || (_interval > TimeSpan.Zero && Stopwatch.GetElapsedTime(_lastHandOver) < _interval))
            return;
        lock (_gate)
        {
            if (_waiting.Count == 0)
                EnqueueOpen();
        }
    }

    /// <summary>Adds lines that must not be dropped: a file's first and last.</summary>
    public void Add(byte[] lines, bool beginsFile = false)
    {
        lock (_gate)
        {
            EnqueueOpen();
            _waiting.Enqueue(new OutputChunk(lines) { BeginsFile = beginsFile });
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Nothing more will come.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            EnqueueOpen();
            _isComplete = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The writer's next chunk.</summary>
    /// <returns>Null when none comes within the timeout, or after the last.</returns>
    public OutputChunk? Take(TimeSpan timeout)
    {
        lock (_gate)
        {
            if (_waiting.Count == 0 && Stopwatch.GetElapsedTime(_lastGiveBack) >= GiveBackInterval)
                GiveBackSpare();
            if (_waiting.Count == 0 && !_isComplete)
                Monitor.Wait(_gate, timeout);
            return _waiting.TryDequeue(out OutputChunk? chunk) ? chunk : null;
        }
    }

    /// <summary>The writer is done with it.</summary>
    public void Return(OutputChunk chunk)
    {
        if (!chunk.IsPooled)
            return;
        chunk.Length = 0;
        lock (_gate)
        {
            _free.Push(chunk);
            if (_waits)
                Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until nothing more will come, or the time is over.</summary>
    public void WaitForCompletion(TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            while (!_isComplete && timeout - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } left)
                Monitor.Wait(_gate, left);
        }
    }

    /// <summary>What a backlog took is not needed any more: of the free buffers only those used last keep theirs.</summary>
    private void GiveBackSpare()
    {
        _lastGiveBack = Stopwatch.GetTimestamp();
        int kept = 0;
        foreach (OutputChunk chunk in _free)
        {
            if (chunk.IsTouched && ++kept > KeptChunks)
                chunk.GiveBack();
        }
    }

    /// <summary>Hands the open chunk over, and opens a free one.</summary>
    private OutputChunk? OpenNext()
    {
        lock (_gate)
        {
            EnqueueOpen();
            while (_waits && _free.Count == 0)
                Monitor.Wait(_gate);
            if (_free.TryPop(out OutputChunk? next))
                next.IsTouched = true;
            return _open = next;
        }
    }

    private void EnqueueOpen()
    {
        if (_open is not { Length: > 0 } open)
            return;
        _waiting.Enqueue(open);
        _open = null;
        _lastHandOver = Stopwatch.GetTimestamp();
        Monitor.PulseAll(_gate);
    }
}

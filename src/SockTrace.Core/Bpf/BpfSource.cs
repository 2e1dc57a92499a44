using System.Buffers;
using System.IO.Pipelines;
using System.Reflection;
using System.Runtime.InteropServices;
using CommunityToolkit.HighPerformance.Buffers;
using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Tracking;

namespace SockTrace.Bpf;

/// <summary>
/// Every transition of the host, from the kernel's ring buffer; the life of mini-sockets; and
/// what was there before, from snapshots.
/// </summary>
internal sealed unsafe class BpfSource : IEventSource
{
    /// <summary>Smaller than this the backlog at which we are woken would be a handful of events.</summary>
    public const long MinRingBytes = 64 * 1024;

    /// <summary>A ring's size is a power of two in 32 bits.</summary>
    public const long MaxRingBytes = 1L << 31;

    public const long DefaultRingBytes = 16 << 20;

#if DEBUG
    private const int EventsPerPoll = 3;
#else
    private const int EventsPerPoll = 4096;
#endif

    /// <summary>What libbpf takes while it loads the object: the BTF of a kernel is 4 to 6 MiB.</summary>
    private const int LoadingBytes = 16 << 20;

    /// <summary>How long the ring is waited for while something else is due that does not wake us.</summary>
    private static readonly TimeSpan PendingTimeout = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// How long it is waited for while this many events or more came the last time: then the ring's
    /// memory is read while caches still have it. At 350 000 events a second a traced connection
    /// takes some 2 to 4 % less time so than where the ring is read every 100 ms.
    /// </summary>
    private static readonly TimeSpan BusyTimeout = TimeSpan.FromMilliseconds(10);

    private const int BusyEvents = 256;

    private readonly BpfObjectHandle _object;
    private readonly BpfVariant _variant;
    private readonly BpfProgram _first;
    private readonly List<BpfProgram> _attached = [];
    private readonly List<BpfLinkHandle> _links = [];
    private readonly RingBufferHandle? _ring;
    private readonly BpfMap _counts;
    private readonly BpfCounts[] _cpuCounts;
    private readonly Destination* _destination;
    private readonly SnapshotFeed? _snapshots;
    private readonly Queue<string> _notes;
    private readonly Task _symbols = Task.CompletedTask;
    private bool _hasSymbols;
    private bool _hasMore;
    private bool _isBusy;
    private MemoryOwner<byte>? _held;
    private ReadOnlyMemory<byte> _heldBytes;

    private BpfSource(BpfObjectHandle @object, BpfVariant variant, TraceFilter filter, uint ringBytes, Queue<string> notes)
    {
        _object = @object;
        _variant = variant;
        _notes = notes;
        var config = BpfConfig.From(filter);
        config.WakeBytes = ringBytes / 4;
        variant.Fill(ref config);
        _object.Map(".rodata").Initialise(config);
        BpfMap events = _object.Map("events");
        events.Resize(ringBytes);
        foreach (string name in BpfVariant.AllOptionalPrograms.Except(variant.Programs))
            _object.Program(name).LeaveOut();
        _object.Load();

        _counts = _object.Map("counts");
        _cpuCounts = new BpfCounts[LibBpf.ThrowIfError(LibBpf.libbpf_num_possible_cpus(), "count the CPUs")];

        _destination = (Destination*)NativeMemory.AllocZeroed((nuint)sizeof(Destination));
        try
        {
            _ring = new RingBufferHandle(_object, events, &OnRecord, _destination);
            // The order matters: between a connection seen and another the end of a mini-socket would
            // go unseen; and what the first of the pair has not marked, the second takes for missed.
            foreach (string name in variant.Programs)
                Attach(name);
            _first = Attach("on_set_state");
            Attach("on_set_state_missed");
            variant.ThrowIfHooksDoNotRun();
            _symbols = Task.Run(() => @object.Map(".bss").Write(KernelSymbols.Read()));
            var snapshot = new BpfSnapshot(_object.Program("snapshot").AttachIterator(), filter.Netns);
            _snapshots = new SnapshotFeed(snapshot, isRegular: TimeWait == TimeWaitSight.Inferred);
        }
        catch (BpfException)
        {
            Dispose();
            throw;
        }
    }

    public string Name => "bpf";

    public TimeWaitSight TimeWait => _variant.TimeWait;

    public bool TimeWaitIsCountedAtExpiry => _variant.TimeWaitIsCountedAtExpiry;

    public Task Ready => _symbols;

    public IEnumerable<string> Attached => [.. _attached.Select(program => program.Description), "iter/tcp: snapshot"];

    /// <param name="filter">What of it the kernel can decide is decided there.</param>
    /// <param name="ringBytes">A power of two.</param>
    /// <exception cref="SourceUnavailableException">This host cannot be traced so.</exception>
    public static BpfSource Open(TraceFilter filter, uint ringBytes)
    {
        BpfPreflight.Check();
        BpfLog.Capture();
        using var heap = new PopulatedHeap(LoadingBytes);
        BpfException? refusal = null;
        var notes = new Queue<string>();
        try
        {
            foreach (BpfVariant variant in BpfVariant.Candidates(notes.Enqueue))
            {
                var @object = new BpfObjectHandle(EmbeddedObject(), "socktrace\0"u8);
                try
                {
                    return new BpfSource(@object, variant, filter, ringBytes, notes);
                }
                catch (BpfException e)
                {
                    @object.Dispose();
                    refusal = e; // the next asks for less; the last refusal is what counts
                    notes.Enqueue($"TIME_WAIT not by {variant.TimeWait.ToString().ToLowerInvariant()}: {e.Message}");
                    if (e.Errno == Errno.ENOMEM)
                        break;
                }
            }
        }
        catch (BpfException e)
        {
            refusal = e;
        }
        throw BpfPreflight.Explain(refusal!);
    }

    public bool Poll(PipeWriter writer, TimeSpan timeout)
    {
        // The snapshot comes after the symbols: it finds what was armed when they were not known.
        if (!_hasSymbols && _symbols.IsCompleted)
        {
            Try(_symbols.GetAwaiter().GetResult);
            _hasSymbols = true;
        }
        if (_hasSymbols && _snapshots!.IsDue)
            _snapshots.Start();
        if (_snapshots!.IsOpen || _held is not null)
            return PollWithSnapshot(writer);
        if (_snapshots.WriteOwners(writer))
            timeout = TimeSpan.Zero;
        else if ((!_hasSymbols || _snapshots.IsPending) && timeout > PendingTimeout)
            timeout = PendingTimeout;
        else if (_isBusy && timeout > BusyTimeout)
            timeout = BusyTimeout;
        Memory<byte> memory = writer.GetMemory(EventsPerPoll * TcpEvent.Size);
        writer.Advance(Receive(memory, timeout));
        return _hasMore || !_ring!.IsEmpty;
    }

    public void Resynchronise() => _snapshots!.Request();

    public string? TakeNote() => _notes.TryDequeue(out string? note) ? note : _snapshots!.TakeNote();

    public void Stop()
    {
        // The last first, for the same reasons.
        for (int i = _links.Count - 1; i >= 0; i--)
            _links[i].Dispose();
    }

    public SourceLosses ReadLosses() => Try(() =>
    {
        // In this order: a miss is counted before its rescue, so a difference is no passing one.
        long misses = _first.ReadRecursionMisses();
        _counts.ReadPerCpu<BpfCounts>(_cpuCounts);
        long ringFull = 0, rescued = 0;
        foreach (BpfCounts cpu in _cpuCounts)
        {
            ringFull += (long)cpu.RingFull;
            rescued += (long)cpu.Rescued;
        }
        // Hooked functions have nobody who rescues. (What timer programs miss is nearly always
        // another timer; a mini-socket's end that is missed so is told as lost when it is overdue.)
        if (_variant.TimeWait == TimeWaitSight.Functions)
        {
            _variant.ThrowIfHooksDoNotRun();
            misses += _attached.SkipLast(2).Sum(program => program.ReadRecursionMisses());
        }
        return new SourceLosses(ringFull, misses - rescued, _destination->Malformed);
    });

    public void Dispose()
    {
        Stop();
        Task.WaitAny(_symbols); // it writes into a map
        _snapshots?.Dispose();
        _held?.Dispose();
        _ring?.Dispose();
        _object.Dispose();
        NativeMemory.Free(_destination);
    }

    private BpfProgram Attach(string name)
    {
        BpfProgram program = _object.Program(name);
        _links.Add(program.Attach());
        _attached.Add(program);
        return program;
    }

    /// <summary>
    /// The snapshot's events go between the ring's, by time. What is newer than the snapshot has
    /// come so far is held until it has: a few thousand events at most, the others wait in the ring.
    /// </summary>
    private bool PollWithSnapshot(PipeWriter writer)
    {
        _held ??= MemoryOwner<byte>.Allocate(EventsPerPoll * TcpEvent.Size);
        // What is reserved in the ring later is newer than this.
        ulong nowNs = (ulong)WallClock.MonotonicNs;
        if (_heldBytes.IsEmpty)
            _heldBytes = _held.Memory[..Receive(_held.Memory, TimeSpan.Zero)];

        try
        {
            WriteHeld(writer);
            if (_heldBytes.IsEmpty && _ring!.IsEmpty)
                _snapshots!.WriteUntil(nowNs, writer);
        }
        catch (BpfException e)
        {
            throw Failed(e);
        }
        if (_heldBytes.IsEmpty && !_snapshots!.IsOpen)
        {
            _held.Dispose();
            _held = null;
        }
        else if (writer.UnflushedBytes == 0)
        {
            _snapshots!.WaitForMore(PendingTimeout);
        }
        return _hasMore || _held is not null;
    }

    /// <summary>Writes what is held, as far as the snapshot has come.</summary>
    private void WriteHeld(PipeWriter writer)
    {
        ReadOnlySpan<TcpEvent> held = MemoryMarshal.Cast<byte, TcpEvent>(_heldBytes.Span);
        int written = 0;
        while (written < held.Length && _snapshots!.WriteUntil(held[written].TimeNs, writer))
        {
            MemoryMarshal.Write(writer.GetSpan(TcpEvent.Size), held[written++]);
            writer.Advance(TcpEvent.Size);
        }
        _heldBytes = _heldBytes[(written * TcpEvent.Size)..];
    }

    /// <summary>Fills the memory from the ring.</summary>
    /// <returns>How many bytes.</returns>
    private int Receive(Memory<byte> memory, TimeSpan timeout)
    {
        using MemoryHandle pinned = memory.Pin();
        byte* start = (byte*)pinned.Pointer;
        _destination->Cursor = start;
        _destination->End = start + (memory.Length / TcpEvent.Size * TcpEvent.Size);
        if (!_hasMore && timeout > TimeSpan.Zero)
            ThrowIfBroken(_ring!.Poll((int)Math.Ceiling(timeout.TotalMilliseconds)));
        // Below the wakeup threshold events come without one, so look in any case.
        if (_destination->Cursor == start)
            ThrowIfBroken(_ring!.Consume());

        int length = (int)(_destination->Cursor - start);
        _hasMore = length == memory.Length / TcpEvent.Size * TcpEvent.Size;
        _isBusy = length >= BusyEvents * TcpEvent.Size;
        return length;
    }

    private void ThrowIfBroken(int rc)
    {
        bool isFull = _destination->Cursor == _destination->End;
        if (rc < 0 && rc != -Errno.EINTR && !isFull)
            throw Failed(new BpfException("read the ring buffer", -rc));
    }

    private static void Try(Action act) => Try(() =>
    {
        act();
        return true;
    });

    private static T Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (BpfException e)
        {
            throw Failed(e);
        }
    }

    private static SourceFailedException Failed(BpfException e) => new($"source bpf: {e.Message}", e);

    private static ReadOnlySpan<byte> EmbeddedObject()
    {
        // A resource is mapped memory for as long as the assembly lives.
        var stream = (UnmanagedMemoryStream)Assembly.GetExecutingAssembly().GetManifestResourceStream("socktrace.bpf.o")!;
        return new ReadOnlySpan<byte>(stream.PositionPointer, (int)stream.Length);
    }

    /// <summary>libbpf's callback. Pointers only: no exception can arise here.</summary>
    [UnmanagedCallersOnly]
    private static int OnRecord(void* context, void* record, nuint size) => Receive((Destination*)context, record, size);

    /// <summary>Copies a record into the pipe's memory, and nothing else.</summary>
    /// <returns>Negative when the memory is full: libbpf stops, and this record counts as consumed.</returns>
    internal static int Receive(Destination* destination, void* record, nuint size)
    {
        if (size != TcpEvent.Size)
        {
            destination->Malformed++;
            return 0;
        }
        *(TcpEvent*)destination->Cursor = *(TcpEvent*)record;
        destination->Cursor += TcpEvent.Size;
        return destination->Cursor == destination->End ? -1 : 0;
    }

    /// <summary>Where the callback writes to. Unmanaged: it is libbpf's context.</summary>
    internal struct Destination
    {
        public byte* Cursor;
        public byte* End;
        public long Malformed;
    }
}

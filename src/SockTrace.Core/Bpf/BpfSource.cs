using System.Buffers;
using System.IO.Pipelines;
using System.Reflection;
using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Pipeline;

namespace SockTrace.Bpf;

/// <summary>Every transition of the host, from the kernel's ring buffer.</summary>
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

    private readonly BpfObjectHandle _object;
    private readonly BpfProgram _first;
    private readonly BpfProgram _second;
    private readonly List<BpfLinkHandle> _links = [];
    private readonly RingBufferHandle? _ring;
    private readonly BpfMap _counts;
    private readonly BpfCounts[] _cpuCounts;
    private readonly Destination* _destination;
    private bool _hasMore;

    private BpfSource(BpfObjectHandle @object, TraceFilter filter, uint ringBytes)
    {
        _object = @object;
        BpfConfig config = BpfConfig.From(filter);
        config.WakeBytes = ringBytes / 4;
        _object.Map(".rodata").Initialise(config);
        BpfMap events = _object.Map("events");
        events.Resize(ringBytes);
        _object.Load();

        _counts = _object.Map("counts");
        _cpuCounts = new BpfCounts[LibBpf.ThrowIfError(LibBpf.libbpf_num_possible_cpus(), "count the CPUs")];
        _first = _object.Program("on_set_state");
        _second = _object.Program("on_set_state_missed");

        _destination = (Destination*)NativeMemory.AllocZeroed((nuint)sizeof(Destination));
        try
        {
            _ring = new RingBufferHandle(_object, events, &OnRecord, _destination);
            // The order matters: what the first has not marked, the second takes for missed.
            _links.Add(_first.Attach());
            _links.Add(_second.Attach());
        }
        catch (BpfException)
        {
            Dispose();
            throw;
        }
    }

    public string Name => "bpf";

    public string? TimeWaitPrecision => null;

    /// <summary>What was attached, for -v.</summary>
    public IEnumerable<string> Attached =>
        [$"tp_btf/inet_sock_set_state: {_first.Name}", $"tp_btf/inet_sock_set_state: {_second.Name}"];

    /// <param name="filter">What of it the kernel can decide is decided there.</param>
    /// <param name="ringBytes">A power of two.</param>
    /// <exception cref="SourceUnavailableException">This host cannot be traced so.</exception>
    public static BpfSource Open(TraceFilter filter, uint ringBytes)
    {
        BpfPreflight.Check();
        BpfLog.Capture();
        BpfObjectHandle? @object = null;
        try
        {
            @object = new BpfObjectHandle(EmbeddedObject(), "socktrace\0"u8);
            return new BpfSource(@object, filter, ringBytes);
        }
        catch (BpfException e)
        {
            @object?.Dispose();
            throw BpfPreflight.Explain(e);
        }
    }

    public bool Poll(PipeWriter writer, TimeSpan timeout)
    {
        Memory<byte> memory = writer.GetMemory(EventsPerPoll * TcpEvent.Size);
        using (MemoryHandle pinned = memory.Pin())
        {
            byte* start = (byte*)pinned.Pointer;
            _destination->Cursor = start;
            _destination->End = start + (memory.Length / TcpEvent.Size * TcpEvent.Size);
            if (!_hasMore && timeout > TimeSpan.Zero)
                ThrowIfBroken(_ring!.Poll((int)Math.Ceiling(timeout.TotalMilliseconds)));
            // Below the wakeup threshold events come without one, so look in any case.
            if (_destination->Cursor == start)
                ThrowIfBroken(_ring!.Consume());

            _hasMore = _destination->Cursor == _destination->End;
            writer.Advance((int)(_destination->Cursor - start));
        }
        return _hasMore;
    }

    public void Stop()
    {
        // The last first: alone, the second of the pair would take everything for missed.
        for (int i = _links.Count - 1; i >= 0; i--)
            _links[i].Dispose();
    }

    public SourceLosses ReadLosses()
    {
        long misses;
        try
        {
            // In this order: a miss is counted before its rescue, so a difference is no passing one.
            misses = _first.ReadRecursionMisses();
            _counts.ReadPerCpu<BpfCounts>(_cpuCounts);
        }
        catch (BpfException e)
        {
            throw Failed(e);
        }
        long ringFull = 0, rescued = 0;
        foreach (BpfCounts cpu in _cpuCounts)
        {
            ringFull += (long)cpu.RingFull;
            rescued += (long)cpu.Rescued;
        }
        return new SourceLosses(ringFull, misses - rescued, _destination->Malformed);
    }

    public void Dispose()
    {
        Stop();
        _ring?.Dispose();
        _object.Dispose();
        NativeMemory.Free(_destination);
    }

    private void ThrowIfBroken(int rc)
    {
        bool isFull = _destination->Cursor == _destination->End;
        if (rc < 0 && rc != -Errno.EINTR && !isFull)
            throw Failed(new BpfException("read the ring buffer", -rc));
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

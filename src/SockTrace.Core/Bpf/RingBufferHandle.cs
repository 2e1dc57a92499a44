using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SockTrace.Bpf;

/// <summary>A <c>struct ring_buffer *</c>: the consumer of one ring-buffer map.</summary>
internal sealed unsafe class RingBufferHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private static readonly int PageSize = Environment.SystemPageSize;

    private readonly BpfObjectHandle? _object;

    /// <summary>
    /// The first two pages of the map: where the consumer stands, and where the next record will be
    /// reserved (struct bpf_ringbuf). libbpf tells them since 1.3 only.
    /// </summary>
    private readonly byte* _positions;

    /// <param name="object">Kept alive as long as the ring.</param>
    /// <param name="map">A loaded ring-buffer map of it.</param>
    /// <param name="callback">Called for each record, during <see cref="Poll"/> and <see cref="Consume"/>.</param>
    /// <param name="context">Its first argument.</param>
    /// <exception cref="BpfException">The ring cannot be mapped.</exception>
    public RingBufferHandle(
        BpfObjectHandle @object, BpfMap map, delegate* unmanaged<void*, void*, nuint, int> callback, void* context)
        : base(ownsHandle: true)
    {
        SetHandle(LibBpf.ThrowIfNull(
            LibBpf.ring_buffer__new(map.Fd, callback, context, null), "map the ring buffer"));
        WakeAtEdges(map.Fd);
        _positions = MapPositions(map.Fd);
        bool added = false;
        @object.DangerousAddRef(ref added);
        _object = @object;
    }

    /// <summary>Consumes what is there.</summary>
    /// <returns>Records consumed, or what the callback returned if that was negative.</returns>
    public int Consume() => LibBpf.ring_buffer__consume(this);

    /// <summary>Waits for a wakeup, and consumes what is there then.</summary>
    /// <returns>Likewise; 0 also after a timeout, whether or not records have come without a wakeup.</returns>
    public int Poll(int timeoutMs) => LibBpf.ring_buffer__poll(this, timeoutMs);

    /// <summary>
    /// Whether all is consumed that was reserved by now. Not so after <see cref="Consume"/> where
    /// a program is still filling its record: it stops there, whatever others have sent meanwhile.
    /// </summary>
    public bool IsEmpty => Volatile.Read(ref *(nuint*)_positions) == Volatile.Read(ref *(nuint*)(_positions + PageSize));

    private static byte* MapPositions(int mapFd)
    {
        const int Read = 1, Shared = 1; // PROT_READ, MAP_SHARED
        using var file = new SafeFileHandle(mapFd, ownsHandle: false);
        nint positions = LibBpf.mmap(0, (nuint)(2 * PageSize), Read, Shared, file, 0);
        return positions != -1 ? (byte*)positions : throw new BpfException("map the ring buffer's positions", Marshal.GetLastPInvokeError());
    }

    /// <summary>
    /// libbpf waits for a level: once woken, every wait would return at once while anything is
    /// in the ring. At edges, only a wakeup that the program sends ends the wait.
    /// </summary>
    private void WakeAtEdges(int mapFd)
    {
        const int Modify = 3; // EPOLL_CTL_MOD
        const uint In = 1, EdgeTriggered = 1u << 31;
        uint* wanted = stackalloc uint[4] { In | EdgeTriggered, 0, 0, 0 }; // libbpf's data is 0 for its first ring
        if (LibBpf.epoll_ctl(LibBpf.ring_buffer__epoll_fd(this), Modify, mapFd, wanted) < 0)
            throw new BpfException("wait for the ring buffer", Marshal.GetLastPInvokeError());
    }

    protected override bool ReleaseHandle()
    {
        if (_positions is not null)
            _ = LibBpf.munmap(_positions, (nuint)(2 * PageSize));
        LibBpf.ring_buffer__free(handle);
        _object?.DangerousRelease();
        return true;
    }
}

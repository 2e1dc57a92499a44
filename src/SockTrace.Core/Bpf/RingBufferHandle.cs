using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SockTrace.Bpf;

/// <summary>A <c>struct ring_buffer *</c>: the consumer of one ring-buffer map.</summary>
internal sealed unsafe class RingBufferHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly BpfObjectHandle? _object;

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
        LibBpf.ring_buffer__free(handle);
        _object?.DangerousRelease();
        return true;
    }
}

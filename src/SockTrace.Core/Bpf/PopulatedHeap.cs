using System.Runtime.InteropServices;

namespace SockTrace.Bpf;

/// <summary>
/// Memory that malloc() has at hand while this lives. libbpf reads the kernel's BTF into a buffer,
/// copies it, and indexes it: 12 MiB that nobody has touched before, and a page fault for every
/// 4 KiB of them. As huge pages, in one call, they cost next to nothing: on a virtual machine with
/// shadow page tables 0.4 instead of 14 µs for 4 KiB, 40 of 190 ms from exec to attached.
/// </summary>
internal sealed unsafe partial class PopulatedHeap : IDisposable
{
    private const int TrimThreshold = -1, MmapThreshold = -3; // M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, mallopt(3)
    private const int DefaultThreshold = 128 * 1024; // of both
    private const int MaxMmapThreshold = 32 << 20; // DEFAULT_MMAP_THRESHOLD_MAX
    private const int HugePage = 14, PopulateWrite = 23; // MADV_HUGEPAGE, MADV_POPULATE_WRITE (since Linux 5.14), madvise(2)
    private const int HugePageBytes = 2 << 20;

    /// <param name="bytes">How much of it, a multiple of 2 MiB and below 30 MiB.</param>
    public PopulatedHeap(int bytes)
    {
        // Else what is as large is mapped by itself, and unmapped again.
        _ = mallopt(MmapThreshold, MaxMmapThreshold);
        _ = mallopt(TrimThreshold, int.MaxValue);
        void* memory = NativeMemory.Alloc((nuint)bytes + HugePageBytes);
        nint start = ((nint)memory + HugePageBytes - 1) & -HugePageBytes;
        // Who refuses has small pages faulted in one by one, as ever.
        _ = madvise(start, bytes, HugePage);
        _ = madvise(start, bytes, PopulateWrite);
        NativeMemory.Free(memory);
    }

    /// <summary>Gives back what is free.</summary>
    public void Dispose()
    {
        _ = mallopt(MmapThreshold, DefaultThreshold);
        _ = mallopt(TrimThreshold, DefaultThreshold);
        _ = malloc_trim(0);
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int param, int value);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nint length, int advice);
}

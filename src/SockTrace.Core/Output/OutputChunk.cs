using System.Runtime.InteropServices;

namespace SockTrace.Output;

/// <summary>Whole lines on their way from a sink to the writer thread.</summary>
internal sealed partial class OutputChunk
{
    /// <summary>MADV_DONTNEED, madvise(2).</summary>
    private const int DontNeed = 4;

    private static readonly nint Page = Environment.SystemPageSize;

    private readonly int _size;
    private byte[]? _bytes;

    /// <param name="lines">Lines that are not changed any more.</param>
    public OutputChunk(byte[] lines)
    {
        _bytes = lines;
        Length = lines.Length;
    }

    /// <param name="size">Bytes, which come into being when somebody looks at them: most buffers are never needed.</param>
    private OutputChunk(int size) => _size = size;

    public byte[] Bytes => _bytes ??= GC.AllocateUninitializedArray<byte>(_size, pinned: true);

    /// <summary>How many bytes of it are lines.</summary>
    public int Length { get; set; }

    /// <summary>Goes back to the queue when it is written; one that was made for a single line does not.</summary>
    public bool IsPooled { get; init; }

    /// <summary>What comes before belongs to the file before.</summary>
    public bool BeginsFile { get; init; }

    /// <summary>Whether it takes memory: it has been filled since it was made, or gave that back.</summary>
    public bool IsTouched { get; set; }

    public ReadOnlySpan<byte> Lines => Bytes.AsSpan(0, Length);

    /// <summary>One that is used again and again.</summary>
    public static OutputChunk Pooled(int size) => new(size) { IsPooled = true };

    /// <summary>Gives its memory back to the system. Its array stays, and is empty when it is looked at again.</summary>
    public void GiveBack()
    {
        nint start = (Marshal.UnsafeAddrOfPinnedArrayElement(Bytes, 0) + Page - 1) & -Page;
        nint end = (Marshal.UnsafeAddrOfPinnedArrayElement(Bytes, 0) + Bytes.Length) & -Page;
        // If the system does not want it, it stays: no harm.
        if (end > start)
            _ = madvise(start, end - start, DontNeed);
        IsTouched = false;
    }

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nint length, int advice);
}

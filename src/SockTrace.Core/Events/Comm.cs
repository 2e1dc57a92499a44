using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SockTrace.Events;

/// <summary>
/// A task's name as the kernel keeps it (TASK_COMM_LEN): up to 15 bytes of anything, then
/// zero. It may hold control characters and invalid UTF-8; whoever prints it escapes it.
/// </summary>
[InlineArray(Length)]
internal struct Comm
{
    public const int Length = 16;

    private byte _first;

    /// <summary>The bytes before the first zero.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Bytes
    {
        get
        {
            ReadOnlySpan<byte> all = this;
            int end = all.IndexOf((byte)0);
            return end < 0 ? all : all[..end];
        }
    }

    /// <summary>Takes what fits, as the kernel does.</summary>
    public static Comm From(ReadOnlySpan<byte> bytes)
    {
        var comm = default(Comm);
        bytes[..Math.Min(bytes.Length, Length - 1)].CopyTo(comm);
        return comm;
    }
}

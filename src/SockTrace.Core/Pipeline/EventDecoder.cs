using System.Buffers;
using System.Runtime.InteropServices;
using SockTrace.Events;

namespace SockTrace.Pipeline;

/// <summary>Turns the bytes of the pipe into column batches.</summary>
internal sealed class EventDecoder
{
    private long _malformed;

    /// <summary>Events that were whole, and nonsense.</summary>
    public long Malformed => _malformed;

    /// <summary>Appends to <paramref name="batch"/> until it is full or no whole event is left.</summary>
    /// <returns>Where decoding stopped: at the end of the last event taken.</returns>
    public SequencePosition Decode(ReadOnlySequence<byte> bytes, EventBatch batch)
    {
        while (bytes.Length >= TcpEvent.Size && !batch.IsFull)
        {
            ReadOnlySpan<byte> contiguous = bytes.FirstSpan;
            int taken = contiguous.Length >= TcpEvent.Size
                ? batch.Append(MemoryMarshal.Cast<byte, TcpEvent>(contiguous), ref _malformed)
                : AppendAcrossSegments(bytes, batch);
            bytes = bytes.Slice((long)taken * TcpEvent.Size);
        }
        return bytes.Start;
    }

    private int AppendAcrossSegments(ReadOnlySequence<byte> bytes, EventBatch batch)
    {
        Span<byte> whole = stackalloc byte[TcpEvent.Size];
        bytes.Slice(0, TcpEvent.Size).CopyTo(whole);
        return batch.Append(MemoryMarshal.Cast<byte, TcpEvent>(whole), ref _malformed);
    }
}

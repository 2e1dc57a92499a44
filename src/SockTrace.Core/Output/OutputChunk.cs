namespace SockTrace.Output;

/// <summary>Whole lines on their way from a sink to the writer thread.</summary>
internal sealed class OutputChunk(byte[] bytes)
{
    public byte[] Bytes { get; } = bytes;

    /// <summary>How many bytes of it are lines.</summary>
    public int Length { get; set; }

    /// <summary>Goes back to the queue when it is written; one that was made for a single line does not.</summary>
    public bool IsPooled { get; init; }

    /// <summary>What comes before belongs to the file before.</summary>
    public bool BeginsFile { get; init; }

    public ReadOnlySpan<byte> Lines => Bytes.AsSpan(0, Length);
}

using CommunityToolkit.HighPerformance.Buffers;

namespace SockTrace.Output;

/// <summary>
/// Collects whole lines in one pooled buffer and writes them with one call. A line is never
/// cut by us: what reaches the file ends with a line's end.
/// </summary>
internal sealed class OutputBuffer : IDisposable
{
    private const int Capacity = 256 * 1024;

    private readonly OutputFile _file;
    private readonly MemoryOwner<byte> _buffer = MemoryOwner<byte>.Allocate(Capacity);
    private int _length;

    /// <param name="file">Owned from here on.</param>
    public OutputBuffer(OutputFile file) => _file = file;

    /// <summary>Room for a line of up to <paramref name="length"/> bytes, to be followed by <see cref="Commit"/>.</summary>
    public Span<byte> Reserve(int length)
    {
        if (Capacity - _length < length)
            Flush();
        return _buffer.Span.Slice(_length, length);
    }

    public void Commit(int length) => _length += length;

    /// <exception cref="OutputException">The file does not take them. They are dropped.</exception>
    public void Flush()
    {
        if (_length == 0)
        {
            _file.ThrowIfReaderHasGone();
            return;
        }
        int length = _length;
        _length = 0;
        _file.Write(_buffer.Span[..length]);
    }

    /// <summary>Closes the file without writing more: <see cref="Flush"/> comes before.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _buffer.Dispose();
    }
}

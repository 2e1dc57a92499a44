using System.Buffers;

namespace SockTrace.Reading;

/// <summary>Cuts a stream into lines. Its memory is that of the longest line, whatever the length of the stream.</summary>
/// <param name="stream">Owned from here on.</param>
internal sealed class LineReader(Stream stream) : IDisposable
{
#if DEBUG
    /// <summary>Small, so that ordinary tests cross every boundary.</summary>
    private const int FirstCapacity = 64;
#else
    private const int FirstCapacity = 1 << 20;
#endif

    /// <summary>Bytes. Longer than any record: the audit of ten thousand network namespaces is a quarter of it.</summary>
    public const int MaxLine = 16 << 20;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstCapacity);
    private int _start, _end, _searched;
    private bool _isSkipping;

    /// <summary>Of the line that was read last, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Whether the line that was read last has no end: its writer was cut off, or is writing it.</summary>
    public bool IsTorn { get; private set; }

    /// <summary>Whether the line that was read last is longer than <see cref="MaxLine"/>, and only its begin was given.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>Bytes of the stream that have been read.</summary>
    public long Position { get; private set; }

    /// <summary>Reads the next line. Of one beyond all measure its begin is given, and the rest left out.</summary>
    /// <param name="line">Without its end; valid until the next call.</param>
    /// <returns>False after the last line.</returns>
    /// <exception cref="IOException">The stream gives no more.</exception>
    /// <exception cref="InvalidDataException">The stream is compressed, and damaged.</exception>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        IsTooLong = false;
        while (true)
        {
            int newline = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                int lineEnd = _searched + newline;
                line = _buffer.AsSpan(_start, lineEnd - _start);
                _start = _searched = lineEnd + 1;
                if (!_isSkipping)
                {
                    Number++;
                    return true;
                }
                _isSkipping = false;
            }
            else if (_end - _start >= MaxLine)
            {
                line = _buffer.AsSpan(_start, MaxLine);
                bool isBegin = !_isSkipping;
                _isSkipping = true;
                _start = _searched = _end;
                if (isBegin)
                {
                    IsTooLong = true;
                    Number++;
                    return true;
                }
            }
            else if (!Fill())
            {
                return TryReadTorn(out line);
            }
        }
    }

    public void Dispose()
    {
        stream.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private bool TryReadTorn(out ReadOnlySpan<byte> line)
    {
        line = _buffer.AsSpan(_start, _end - _start);
        _start = _searched = _end;
        IsTorn = !line.IsEmpty && !_isSkipping;
        if (IsTorn)
            Number++;
        return IsTorn;
    }

    /// <returns>False at the stream's end.</returns>
    private bool Fill()
    {
        _searched = _end;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _searched -= _start;
            _start = 0;
        }
        if (_end == _buffer.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        int count = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += count;
        Position += count;
        return count > 0;
    }
}

namespace SockTrace.Reading;

/// <summary>A stream whose first bytes can be looked at before they are read, a pipe too.</summary>
internal sealed class PeekableStream(Stream stream) : Stream
{
    private readonly byte[] _first = new byte[4];
    private int _firstLength;
    private int _firstRead;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <returns>Up to four bytes; fewer only where there are no more.</returns>
    public ReadOnlySpan<byte> Peek()
    {
        _firstLength = stream.ReadAtLeast(_first, _first.Length, throwOnEndOfStream: false);
        return _first.AsSpan(0, _firstLength);
    }

    public override int Read(Span<byte> buffer)
    {
        if (_firstRead == _firstLength)
            return stream.Read(buffer);
        int count = Math.Min(buffer.Length, _firstLength - _firstRead);
        _first.AsSpan(_firstRead, count).CopyTo(buffer);
        _firstRead += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            stream.Dispose();
        base.Dispose(disposing);
    }
}

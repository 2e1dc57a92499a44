using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace SockTrace.Output;

/// <summary>
/// Makes of whole lines a whole gzip member or zstd frame. A file of several is as valid as a
/// file of one (RFC 1952, 2.2; RFC 8878, 3), so wherever writing stops, by a full disk or by
/// kill -9, all that came before can be read.
/// </summary>
internal sealed class FrameCompressor : IDisposable
{
    private const int ZstandardLevel = 1;

    private readonly MemoryStream _members = new();
    private readonly Compressor? _zstandard;
    private byte[] _frame = [];

    /// <param name="compression">Not <see cref="Compression.None"/>.</param>
    public FrameCompressor(Compression compression)
    {
        if (compression != Compression.Zstandard)
            return;
        _zstandard = new Compressor(ZstandardLevel);
        _zstandard.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
    }

    /// <summary>By the end of a file's name.</summary>
    public static Compression Of(string path) =>
        path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? Compression.Gzip
        : path.EndsWith(".zst", StringComparison.OrdinalIgnoreCase) ? Compression.Zstandard
        : Compression.None;

    /// <returns>Valid until the next call.</returns>
    public ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> lines) => _zstandard is null ? Gzip(lines) : Zstandard(lines);

    public void Dispose()
    {
        _zstandard?.Dispose();
        _members.Dispose();
    }

    private ReadOnlySpan<byte> Gzip(ReadOnlySpan<byte> lines)
    {
        _members.SetLength(0);
        using (var member = new GZipStream(_members, CompressionLevel.Fastest, leaveOpen: true))
            member.Write(lines);
        return _members.GetBuffer().AsSpan(0, (int)_members.Length);
    }

    private ReadOnlySpan<byte> Zstandard(ReadOnlySpan<byte> lines)
    {
        int bound = Compressor.GetCompressBound(lines.Length);
        if (_frame.Length < bound)
            _frame = new byte[bound];
        return _frame.AsSpan(0, _zstandard!.Wrap(lines, _frame));
    }
}

using System.IO.Compression;
using System.Text;
using ZstdSharp;

namespace SockTrace.Tests.Support;

/// <summary>Reads what is in a file, compressed or not, as far as it goes.</summary>
internal static class FileLines
{
    /// <summary>All whole lines; what a decompressor finds cut ends them.</summary>
    public static string[] WholeLines(string path)
    {
        using FileStream file = File.OpenRead(path);
        using Stream plain = Decompressed(file, path);
        using var content = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        try
        {
            for (int count = plain.Read(buffer); count > 0; count = plain.Read(buffer))
                content.Write(buffer, 0, count);
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException or ZstdException)
        {
            // The last frame is cut: allowed, and what was before it has been read.
            Assert.True(file.Position == file.Length, $"{path} is broken in the middle: {e.Message}");
        }
        ReadOnlySpan<byte> bytes = content.GetBuffer().AsSpan(0, (int)content.Length);
        int length = bytes.LastIndexOf((byte)'\n') + 1;
        return length == 0 ? [] : Encoding.UTF8.GetString(bytes[..(length - 1)]).Split('\n');
    }

    public static RecordedTrace Read(string path) => RecordedTrace.Parse(string.Join('\n', WholeLines(path)));

    private static Stream Decompressed(FileStream file, string path) => Path.GetExtension(path) switch
    {
        ".gz" => new GZipStream(file, CompressionMode.Decompress),
        ".zst" => new DecompressionStream(file),
        _ => file,
    };
}

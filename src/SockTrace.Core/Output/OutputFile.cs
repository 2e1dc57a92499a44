using Microsoft.Win32.SafeHandles;

namespace SockTrace.Output;

/// <summary>
/// Where lines go: a file of our own, or standard output. After a failed write a file ends
/// with the last line that is whole.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private const int EPIPE = 32;

    private readonly FileStream _stream;
    private long _length;

    private OutputFile(string name, FileStream stream)
    {
        Name = name;
        _stream = stream;
    }

    /// <summary>The path as the user gave it, or <c>standard output</c>.</summary>
    public string Name { get; }

    /// <summary>Creates a file that only its owner can read: a trace tells who talks to whom.</summary>
    /// <param name="path">The file.</param>
    /// <param name="force">Whether one that exists is overwritten.</param>
    /// <exception cref="OutputException">It exists, or cannot be created.</exception>
    public static OutputFile Create(string path, bool force)
    {
        try
        {
            return new OutputFile(path, new FileStream(path, new FileStreamOptions
            {
                Mode = force ? FileMode.Create : FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutputException(path, "create", WhyNotCreated(e, path, force), isClosedPipe: false);
        }
    }

    /// <summary>
    /// Standard output as it is: the console's own stream takes a closed pipe for success.
    /// </summary>
    public static OutputFile StandardOutput() =>
        new("standard output", new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0));

    /// <exception cref="OutputException">Not all of it could be written.</exception>
    public void Write(ReadOnlySpan<byte> lines)
    {
        try
        {
            _stream.Write(lines);
            _length += lines.Length;
        }
        catch (IOException e)
        {
            bool isClosedPipe = e.HResult == EPIPE;
            if (!isClosedPipe && _stream.CanSeek)
                CutTornLine(lines);
            throw new OutputException(Name, "write to", Reason(e), isClosedPipe);
        }
    }

    public void Dispose() => _stream.Dispose();

    private void CutTornLine(ReadOnlySpan<byte> lines)
    {
        int written = (int)Math.Clamp(RandomAccess.GetLength(_stream.SafeFileHandle) - _length, 0, lines.Length);
        RandomAccess.SetLength(_stream.SafeFileHandle, _length + lines[..written].LastIndexOf((byte)'\n') + 1);
    }

    private static string WhyNotCreated(Exception e, string path, bool force) => e switch
    {
        DirectoryNotFoundException => "its folder does not exist",
        UnauthorizedAccessException when Directory.Exists(path) => "it is a folder",
        UnauthorizedAccessException => "permission denied",
        _ when !force && File.Exists(path) => "it exists (--force overwrites it)",
        _ => Reason(e),
    };

    /// <summary>The runtime's messages end with the path, which ours begin with.</summary>
    private static string Reason(Exception e)
    {
        int path = e.Message.IndexOf(" : ", StringComparison.Ordinal);
        string reason = path < 0 ? e.Message : e.Message[..path];
        return char.ToLowerInvariant(reason[0]) + reason[1..].TrimEnd('.');
    }
}

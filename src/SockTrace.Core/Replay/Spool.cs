using SockTrace.Host;
using SockTrace.Reading;

namespace SockTrace.Replay;

/// <summary>A copy of a trace that can be read only once, in a file without a name: a replay reads it twice.</summary>
internal sealed class Spool : IDisposable
{
    private readonly FileStream _copy;

    private Spool(FileStream copy) => _copy = copy;

    /// <summary>Leads to it for as long as it is not disposed.</summary>
    public string Path => $"/proc/self/fd/{_copy.SafeFileHandle.DangerousGetHandle()}";

    /// <summary>Reads standard input, a FIFO or the like to its end.</summary>
    /// <returns>Null for a file, which can be read again.</returns>
    /// <exception cref="TraceException">It cannot be read, or there is no room for it.</exception>
    public static Spool? OfWhatIsReadOnce(string name)
    {
        if (name != TraceFile.StandardInput && !FileSystem.IsSpecial(name))
            return null;
        try
        {
            using Stream trace = name == TraceFile.StandardInput ? Console.OpenStandardInput() : File.OpenRead(name);
            string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"socktrace-{System.IO.Path.GetRandomFileName()}");
            var copy = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            File.Delete(path);
            trace.CopyTo(copy);
            copy.Flush();
            return new Spool(copy);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TraceException(name, "read", e.Message);
        }
    }

    public void Dispose() => _copy.Dispose();
}

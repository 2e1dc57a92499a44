using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SockTrace.Host;

namespace SockTrace.Output;

/// <summary>
/// Where lines go: a file of our own, or standard output. After a failed write a file of our
/// own ends with the last line that is whole; what somebody else wrote is never touched.
/// </summary>
/// <remarks>
/// By write(2), and not by a FileStream, which writes to places that it counts itself: on a
/// descriptor that others share, what they write would come to lie over it.
/// </remarks>
internal sealed partial class OutputFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly bool _isOurs;
    private long _wholeLength;

    private OutputFile(string name, SafeFileHandle handle, bool isOurs)
    {
        Name = name;
        _handle = handle;
        _isOurs = isOurs;
    }

    /// <summary>The path as the user gave it, or <c>standard output</c>.</summary>
    public string Name { get; }

    /// <summary>
    /// Creates a file that only its owner can read: a trace tells who talks to whom. A device
    /// or a FIFO is written to as it is.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="force">Whether one that exists is overwritten.</param>
    /// <exception cref="OutputException">It exists, or cannot be created.</exception>
    public static OutputFile Create(string path, bool force)
    {
        try
        {
            bool isSpecial = FileSystem.IsSpecial(path);
            FileMode mode = isSpecial ? FileMode.Open : force ? FileMode.Create : FileMode.CreateNew;
            var options = new FileStreamOptions
            {
                Mode = mode,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
            };
            if (mode != FileMode.Open)
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return new OutputFile(path, new FileStream(path, options).SafeFileHandle, isOurs: !isSpecial);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutputException(path, "create", WhyNotCreated(e, path, force), isClosedPipe: false);
        }
    }

    /// <summary>Standard output as it is.</summary>
    public static OutputFile StandardOutput() =>
        new("standard output", new SafeFileHandle(1, ownsHandle: false), isOurs: false);

    /// <exception cref="OutputException">Not all of it could be written.</exception>
    public unsafe void Write(ReadOnlySpan<byte> lines)
    {
        int done = 0;
        fixed (byte* start = lines)
        {
            while (done < lines.Length)
            {
                nint count = write(_handle, start + done, (nuint)(lines.Length - done));
                if (count >= 0)
                    done += (int)count;
                else if (Marshal.GetLastPInvokeError() is int errno && !CanRetry(errno))
                    throw Failed(errno, lines[..done]);
            }
        }
        _wholeLength += lines.Length;
    }

    /// <summary>Notices that a pipe's reader has gone, without writing to it.</summary>
    /// <exception cref="OutputException">It has.</exception>
    public unsafe void ThrowIfReaderHasGone()
    {
        if (_isOurs)
            return;
        var fd = new PollFd { Fd = (int)_handle.DangerousGetHandle() };
        if (poll(&fd, 1, 0) > 0 && (fd.ReturnedEvents & PollFd.Error) != 0)
            throw new OutputException(Name, "write to", Errno.Text(Errno.EPIPE), isClosedPipe: true);
    }

    public void Dispose() => _handle.Dispose();

    private unsafe bool CanRetry(int errno)
    {
        if (errno != Errno.EAGAIN)
            return errno == Errno.EINTR;
        // Whoever shares this descriptor made it non-blocking.
        var fd = new PollFd { Fd = (int)_handle.DangerousGetHandle(), Events = PollFd.Out };
        poll(&fd, 1, -1);
        return true;
    }

    private OutputException Failed(int errno, ReadOnlySpan<byte> written)
    {
        if (_isOurs)
        {
            _wholeLength += written.LastIndexOf((byte)'\n') + 1;
            RandomAccess.SetLength(_handle, _wholeLength);
        }
        return new OutputException(Name, "write to", Errno.Text(errno), errno == Errno.EPIPE);
    }

    private static string WhyNotCreated(Exception e, string path, bool force) => e switch
    {
        _ when Directory.Exists(path) => "it is a folder",
        DirectoryNotFoundException => "its folder does not exist",
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

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(SafeFileHandle fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int poll(PollFd* fds, nuint count, int timeoutMs);

    /// <summary>struct pollfd, poll(2).</summary>
    private struct PollFd
    {
        public const short Out = 4, Error = 8;

        public int Fd;
        public short Events;
        public short ReturnedEvents;
    }
}

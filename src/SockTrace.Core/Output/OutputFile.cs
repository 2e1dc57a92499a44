using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SockTrace.Host;

namespace SockTrace.Output;

/// <summary>
/// Where bytes go: a file of our own, or standard output. After a failed write a file of our
/// own ends where it may be cut; what somebody else wrote is never touched.
/// </summary>
/// <remarks>
/// By write(2), and not by a FileStream, which writes to places that it counts itself: on a
/// descriptor that others share, what they write would come to lie over it.
/// </remarks>
internal sealed unsafe partial class OutputFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private long? _torn;

    private OutputFile(string? path, SafeFileHandle handle, bool isOurs)
    {
        Path = path;
        _handle = handle;
        IsOurs = isOurs;
    }

    /// <summary>Null for standard output.</summary>
    public string? Path { get; }

    /// <summary>The path as the user gave it, or <c>standard output</c>.</summary>
    public string Name => Path ?? "standard output";

    /// <summary>Nobody else writes to it: no device, no FIFO, not standard output.</summary>
    public bool IsOurs { get; }

    /// <summary>Bytes that were written to it.</summary>
    public long Length { get; private set; }

    /// <summary>Whether its path still leads to it.</summary>
    public bool IsInPlace => Path is not null && FileSystem.IsSameFile(Path, _handle);

    /// <summary>
    /// Creates a file that only its owner can read: a trace tells who talks to whom. A device
    /// or a FIFO is written to as it is.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="force">Whether one that exists is overwritten.</param>
    /// <exception cref="OutputException">It exists, or cannot be created.</exception>
    public static OutputFile Create(string path, bool force) => FileSystem.IsSpecial(path)
        ? Open(path, 0, isOurs: false)
        : Open(path, OCreat | (force ? OTrunc : OExcl), isOurs: true);

    /// <summary>What <see cref="Create"/> would fail for, as far as that can be told beforehand: for who has much to do before.</summary>
    /// <exception cref="OutputException">It exists, or its folder does not.</exception>
    public static void ThrowIfItCannotBeCreated(string path, bool force)
    {
        if (Directory.Exists(path) || (!force && File.Exists(path) && !FileSystem.IsSpecial(path)))
            throw CannotCreate(path, Errno.EEXIST);
        if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is string folder && !Directory.Exists(folder))
            throw CannotCreate(path, Errno.ENOENT);
    }

    /// <summary>Creates it; to one that exists it appends, for whoever made it did so for us.</summary>
    /// <exception cref="OutputException">It cannot be opened.</exception>
    public static OutputFile CreateOrAppend(string path) => Open(path, OCreat, isOurs: true);

    /// <summary>Standard output as it is.</summary>
    public static OutputFile StandardOutput() => new(path: null, new SafeFileHandle(1, ownsHandle: false), isOurs: false);

    /// <summary>Writes all of it, or as much as goes.</summary>
    /// <param name="bytes">What to write.</param>
    /// <param name="cutsAtLines">Whether a file of ours keeps whole lines of what was not written whole, or nothing.</param>
    /// <param name="errno">Why it was not all; 0 when it was.</param>
    /// <returns>How many bytes are in the file, for good.</returns>
    public int Write(ReadOnlySpan<byte> bytes, bool cutsAtLines, out int errno)
    {
        errno = 0;
        if (_torn is long length && !TryTruncate(length, out errno))
            return 0;
        int done = 0;
        fixed (byte* start = bytes)
        {
            while (done < bytes.Length && errno == 0)
            {
                nint count = write(_handle, start + done, (nuint)(bytes.Length - done));
                if (count >= 0)
                    done += (int)count;
                else if (Marshal.GetLastPInvokeError() is int error && !CanRetry(error))
                    errno = error;
            }
        }
        if (errno != 0 && IsOurs)
            done = Cut(bytes[..done], cutsAtLines);
        Length += done;
        return done;
    }

    /// <summary>Writes all of it, or says why that cannot be.</summary>
    /// <exception cref="OutputException">It was not all written.</exception>
    public void WriteAll(ReadOnlySpan<byte> bytes)
    {
        Write(bytes, cutsAtLines: false, out int errno);
        if (errno != 0)
            throw new OutputException(Name, "write to", Errno.Text(errno), isClosedPipe: errno == Errno.EPIPE);
    }

    /// <summary>Notices that a pipe's reader has gone, without writing to it.</summary>
    public bool HasReaderGone()
    {
        if (IsOurs)
            return false;
        var fd = new PollFd { Fd = (int)_handle.DangerousGetHandle() };
        return poll(&fd, 1, 0) > 0 && (fd.ReturnedEvents & PollFd.Error) != 0;
    }

    public void Dispose() => _handle.Dispose();

    private bool CanRetry(int errno)
    {
        if (errno != Errno.EAGAIN)
            return errno == Errno.EINTR;
        // Whoever shares this descriptor made it non-blocking.
        var fd = new PollFd { Fd = (int)_handle.DangerousGetHandle(), Events = PollFd.Out };
        poll(&fd, 1, -1);
        return true;
    }

    /// <returns>How many bytes of what was written stay.</returns>
    private int Cut(ReadOnlySpan<byte> written, bool cutsAtLines)
    {
        int kept = cutsAtLines ? written.LastIndexOf((byte)'\n') + 1 : 0;
        // Its size, and not what we have written: somebody may have emptied it since (logrotate's copytruncate).
        long size = FileSystem.SizeOf(_handle);
        if (kept < written.Length && size >= 0)
            TryTruncate(Math.Max(0, size - written.Length + kept), out _);
        return kept;
    }

    /// <summary>Where it cannot be done, it is tried again before the next write: nothing follows what is torn.</summary>
    private bool TryTruncate(long length, out int errno)
    {
        errno = ftruncate(_handle, length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        _torn = errno == 0 ? null : length;
        return errno == 0;
    }

    private static OutputFile Open(string path, int flags, bool isOurs)
    {
        const int OwnerReadWrite = 0x180; // 0600
        // As an int: as a handle, of pointer size, -1 need not be -1.
        int fd = open(path, OWronly | OCloexec | OAppend | flags, OwnerReadWrite);
        if (fd >= 0)
            return new OutputFile(path, new SafeFileHandle(fd, ownsHandle: true), isOurs);
        throw CannotCreate(path, Marshal.GetLastPInvokeError());
    }

    private static OutputException CannotCreate(string path, int errno) => new(path, "create", errno switch
    {
        _ when Directory.Exists(path) => "it is a folder",
        Errno.ENOENT => "its folder does not exist",
        Errno.EEXIST => "it exists (--force overwrites it)",
        _ => Errno.Text(errno),
    }, isClosedPipe: false);

    // asm-generic/fcntl.h, which x86-64 and arm64 use.
    private const int OWronly = 1, OCreat = 0x40, OExcl = 0x80, OTrunc = 0x200, OAppend = 0x400, OCloexec = 0x80000;

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollFd* fds, nuint count, int timeoutMs);

    /// <summary>struct pollfd, poll(2).</summary>
    private struct PollFd
    {
        public const short Out = 4, Error = 8;

        public int Fd;
        public short Events;
        public short ReturnedEvents;
    }
}

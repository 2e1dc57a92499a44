using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace SockTrace.Proc;

/// <summary>
/// The sockets that a process has open, from the links in /proc/PID/fd: one system call each.
/// What a link leads to is never looked at, as .NET does for each entry of a folder: that may be
/// on a file system whose server is gone, and hang.
/// </summary>
internal static unsafe partial class OpenSockets
{
    /// <summary>What a socket's link may be long: <c>socket:[12345678]</c>.</summary>
    private const int LongestLink = 64;

    /// <summary>struct dirent of 64-bit systems: d_ino, d_off, d_reclen, d_type.</summary>
    private const int NameOffset = 19;

    /// <summary>Appends their inode numbers; of a process that has ended, or is another user's, none.</summary>
    /// <param name="folder">Its fd folder.</param>
    /// <param name="inodes">Where to.</param>
    public static void Find(string folder, List<ulong> inodes)
    {
        void* directory = opendir(folder);
        if (directory is null)
            return;
        int fd = dirfd(directory);
        byte* link = stackalloc byte[LongestLink];
        for (byte* entry = readdir(directory); entry is not null; entry = readdir(directory))
        {
            nint length = readlinkat(fd, entry + NameOffset, link, LongestLink);
            if (length > 0 && TryParse(new ReadOnlySpan<byte>(link, (int)length), out ulong inode))
                inodes.Add(inode);
        }
        _ = closedir(directory);
    }

    /// <summary>Parses <c>socket:[12345678]</c>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> link, out ulong inode)
    {
        ReadOnlySpan<byte> start = "socket:["u8;
        inode = 0;
        return link.StartsWith(start) && Utf8Parser.TryParse(link[start.Length..], out inode, out int length)
            && link[(start.Length + length)..].SequenceEqual("]"u8);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void* opendir(string name);

    [LibraryImport("libc")]
    private static partial byte* readdir(void* directory);

    [LibraryImport("libc")]
    private static partial int dirfd(void* directory);

    [LibraryImport("libc")]
    private static partial nint readlinkat(int dirfd, byte* path, byte* buffer, nuint size);

    [LibraryImport("libc")]
    private static partial int closedir(void* directory);
}

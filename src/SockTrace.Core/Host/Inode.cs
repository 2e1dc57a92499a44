using System.Runtime.InteropServices;

namespace SockTrace.Host;

/// <summary>The inode number of a file: what names a namespace or a cgroup.</summary>
internal static unsafe partial class Inode
{
    private const int AtFdCwd = -100;
    private const uint StatxIno = 0x100;

    /// <returns>The inode number of what <paramref name="path"/> leads to; null where it cannot be read.</returns>
    public static ulong? Of(string path)
    {
        var status = default(Statx);
        return statx(AtFdCwd, path, 0, StatxIno, &status) == 0 ? status.Ino : null;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int dirfd, string pathname, int flags, uint mask, Statx* statxbuf);

    /// <summary>What is needed of struct statx (include/uapi/linux/stat.h), alike on all architectures.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(32)]
        public ulong Ino;
    }
}

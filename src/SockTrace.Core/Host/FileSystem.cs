using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SockTrace.Host;

/// <summary>What a path leads to.</summary>
internal static unsafe partial class FileSystem
{
    /// <summary>CGROUP2_SUPER_MAGIC, include/uapi/linux/magic.h.</summary>
    private const long Cgroup2Magic = 0x63677270;

    /// <summary>NS_GET_NSTYPE, ioctl_nsfs(2).</summary>
    private const nuint GetNamespaceType = 0xb703;

    private const int CloneNewNet = 0x40000000;

    private const int AtFdCwd = -100;
    private const int AtEmptyPath = 0x1000;
    private const uint StatxType = 1, StatxIno = 0x100, StatxSize = 0x200;
    private const int TypeMask = 0xF000, RegularFile = 0x8000, Folder = 0x4000;

    /// <summary>The inode number: what names a namespace or a cgroup.</summary>
    /// <returns>Null where it cannot be read; errno says why.</returns>
    public static ulong? InodeOf(string path)
    {
        var status = default(Statx);
        return statx(AtFdCwd, path, 0, StatxIno, &status) == 0 ? status.Ino : null;
    }

    /// <summary>Whether it is a device, a FIFO or a socket: nothing that could be overwritten.</summary>
    public static bool IsSpecial(string path)
    {
        var status = default(Statx);
        return statx(AtFdCwd, path, 0, StatxType, &status) == 0
            && (status.Mode & TypeMask) is not (RegularFile or Folder);
    }

    /// <summary>Whether a path leads to the very file that is open here.</summary>
    public static bool IsSameFile(string path, SafeFileHandle file)
    {
        Statx there = default, here = default;
        return statx(AtFdCwd, path, 0, StatxIno, &there) == 0
            && statx(file, "", AtEmptyPath, StatxIno, &here) == 0
            && (there.Ino, there.DevMajor, there.DevMinor) == (here.Ino, here.DevMajor, here.DevMinor);
    }

    /// <returns>Bytes; -1 where it cannot be told, and errno says why.</returns>
    public static long SizeOf(SafeFileHandle file)
    {
        var status = default(Statx);
        return statx(file, "", AtEmptyPath, StatxSize, &status) == 0 ? (long)status.Size : -1;
    }

    /// <summary>Whether it is a folder of a cgroup2 file system.</summary>
    public static bool IsCgroup2(string path)
    {
        // struct statfs begins with f_type; none is longer than this.
        long* status = stackalloc long[32];
        return Directory.Exists(path) && statfs(path, status) == 0 && *status == Cgroup2Magic;
    }

    /// <summary>Whether it is a network namespace; also true where it may be seen but not opened.</summary>
    public static bool IsNetworkNamespace(string path)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            return ioctl(file, GetNamespaceType) == CloneNewNet;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int statx(int dirfd, string pathname, int flags, uint mask, Statx* statxbuf);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int statx(SafeFileHandle dirfd, string pathname, int flags, uint mask, Statx* statxbuf);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statfs(string path, long* status);

    [LibraryImport("libc")]
    private static partial int ioctl(SafeFileHandle fd, nuint request);

    /// <summary>What is needed of struct statx (include/uapi/linux/stat.h), alike on all architectures.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Ino;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(136)]
        public uint DevMajor;

        [FieldOffset(140)]
        public uint DevMinor;
    }
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace SockTrace.Host;

/// <summary>Network namespaces as users name them.</summary>
internal static class NetworkNamespace
{
    /// <summary>
    /// The kernel gives inode numbers of namespaces from 0xF0000000 on, and some below to those
    /// that are there at boot (enum init_ns_ino, include/uapi/linux/nsfs.h).
    /// </summary>
    public const uint LowestInode = 0xEFFFFF00;

    /// <summary>What is said where <see cref="NetnsVisitor"/> does not find it.</summary>
    public static string NotSeen(uint? inode) =>
        $"no network namespace {inode} can be seen: no process is in it, and `ip netns` has no name for it";

    /// <summary>Takes an inode number, <c>pid:N</c>, a path, or a name of `ip netns`.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="inode">The namespace's inode number, where there is such a namespace.</param>
    /// <param name="error">Why there is none, and what would be right.</param>
    /// <param name="lowest">The lowest number that is taken for an inode's.</param>
    public static bool TryResolve(string text, out uint inode, out string error, uint lowest = 1)
    {
        error = "";
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out inode) && inode >= lowest)
            return true;

        string path = text;
        if (text.StartsWith("pid:", StringComparison.Ordinal))
            path = $"/proc/{text[4..]}/ns/net";
        else if (!text.Contains('/', StringComparison.Ordinal))
            path = $"{NetnsVisitor.Names}/{text}";

        if (text.Length > 0 && FileSystem.InodeOf(path) is ulong found)
        {
            inode = (uint)found;
            if (FileSystem.IsNetworkNamespace(path))
                return true;
            error = $"{path} is no network namespace; expected an inode number such as 4026531840, a path, pid:N, or a name that `ip netns` lists";
            return false;
        }
        if (text.Length > 0 && Marshal.GetLastPInvokeError() is Errno.EACCES or Errno.EPERM)
        {
            error = $"may not look at {path}: {Errno.Text(Errno.EACCES)}";
            return false;
        }
        error = $"no network namespace at {path}; expected an inode number such as 4026531840, a path, pid:N, or a name that `ip netns` lists";
        return false;
    }
}

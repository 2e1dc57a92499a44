using System.Globalization;
using SockTrace.Host;

namespace SockTrace.Proc;

/// <summary>
/// The network namespaces that some process shows: each by one process through whose
/// /proc/PID/net it can be read. Without privilege those are the ones of one's own processes.
/// </summary>
internal static class ProcNamespaces
{
    /// <summary>Fills <paramref name="folders"/>: inode number of the namespace → /proc/PID/net.</summary>
    public static void Find(Dictionary<uint, string> folders)
    {
        folders.Clear();
        AddIfReadable(folders, "/proc/self");
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                AddIfReadable(folders, folder);
        }
    }

    private static void AddIfReadable(Dictionary<uint, string> folders, string process)
    {
        if (FileSystem.InodeOf($"{process}/ns/net") is ulong inode)
            folders.TryAdd((uint)inode, $"{process}/net");
    }
}

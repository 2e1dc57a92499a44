namespace SockTrace.Host;

/// <summary>The cgroups (v2) of this host.</summary>
internal static class Cgroups
{
    /// <summary>Where they are, by themselves or beside those of v1.</summary>
    private static readonly string[] Roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

    /// <summary>Where they are; null where they are not to be seen.</summary>
    public static string? Root => Array.Find(Roots, FileSystem.IsCgroup2);

    /// <summary>Whether some folder has this id: its inode number.</summary>
    /// <param name="root">See <see cref="Root"/>.</param>
    /// <param name="id">The cgroup's.</param>
    public static bool Exists(string root, ulong id)
    {
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 };
        return FileSystem.InodeOf(root) == id
            || Directory.EnumerateDirectories(root, "*", all).Any(folder => FileSystem.InodeOf(folder) == id);
    }
}

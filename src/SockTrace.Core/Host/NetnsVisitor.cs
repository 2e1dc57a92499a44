using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SockTrace.Host;

/// <summary>
/// Looks into other network namespaces, on a thread that enters them: /proc/net, /proc/sys/net
/// and BPF iterators show the namespace of the thread that opens them. No descriptor of a
/// namespace is kept: it would keep the namespace alive.
/// </summary>
internal static partial class NetnsVisitor
{
    private const int CloneNewNet = 0x40000000;

    /// <summary>The namespace that the calling thread is in.</summary>
    public const string Own = "/proc/thread-self/ns/net";

    /// <summary>Where `ip netns` keeps namespaces that no process need be in.</summary>
    public const string Names = "/run/netns";

    /// <summary>
    /// Calls <paramref name="look"/> once in each network namespace that a process is in or
    /// that `ip netns` names, our own first; with the namespace's inode number, and a path that
    /// leads to it.
    /// </summary>
    /// <param name="only">The one to look into; null is all.</param>
    /// <param name="wanted">Those that are worth a search among all threads, if no process is in them.</param>
    /// <param name="look">Runs on another thread, before this returns.</param>
    /// <returns>How many could not be entered: that takes CAP_SYS_ADMIN.</returns>
    public static int Visit(uint? only, IReadOnlyCollection<uint> wanted, Action<uint, string> look)
    {
        int refused = 0;
        ExceptionDispatchInfo? failure = null;
        // A thread of its own, which ends: it does not come back to where it was.
        var thread = new Thread(() =>
        {
            try
            {
                refused = VisitHere(only, wanted, look);
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e); // thrown below, on the caller's thread
            }
        })
        { Name = "netns visitor" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return refused;
    }

    /// <summary>Whether a network namespace is to be found: a process or thread is in it, or `ip netns` names it.</summary>
    /// <returns>Null where it is not, and may be there all the same: not all processes of the host are to be seen.</returns>
    public static bool? Exists(uint inode)
    {
        Dictionary<uint, string> paths = Find();
        if (!paths.ContainsKey(inode))
            FindThreads(paths);
        if (paths.ContainsKey(inode))
            return true;
        // Who may look at kthreadd, which has all capabilities, may look at all; in a container another is 2, or none.
        return HostFacts.IsInitialPidNamespace && FileSystem.InodeOf("/proc/2/ns/net") is not null ? false : null;
    }

    private static int VisitHere(uint? only, IReadOnlyCollection<uint> wanted, Action<uint, string> look)
    {
        int refused = 0;
        uint own = (uint)FileSystem.InodeOf(Own).GetValueOrDefault();
        if (only is null || only == own)
            look(own, Own);
        if (only == own)
            return 0;
        Dictionary<uint, string> paths = Find();
        if ((only is uint one && !paths.ContainsKey(one)) || wanted.Any(inode => !paths.ContainsKey(inode)))
            FindThreads(paths);
        foreach ((uint inode, string path) in paths)
        {
            if (inode == own || (only is not null && inode != only))
                continue;
            if (TryEnter(path, inode))
                look(inode, path);
            else if (FileSystem.InodeOf(path) == inode)
                refused++;
        }
        return refused;
    }

    private static Dictionary<uint, string> Find()
    {
        var paths = new Dictionary<uint, string>();
        void Add(string path)
        {
            if (FileSystem.InodeOf(path) is ulong inode)
                paths.TryAdd((uint)inode, path);
        }

        try
        {
            foreach (string name in Directory.Exists(Names) ? Directory.EnumerateFiles(Names) : [])
                Add(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not ours to look at; where a process is in one of them, it is found below.
        }
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (char.IsAsciiDigit(Path.GetFileName(folder.AsSpan())[0]))
                Add($"{folder}/ns/net");
        }
        return paths;
    }

    /// <summary>A thread may be in another namespace than its process, which shows as that of the first thread.</summary>
    private static void FindThreads(Dictionary<uint, string> paths)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(Path.GetFileName(folder.AsSpan())[0]))
                continue;
            try
            {
                foreach (string task in Directory.EnumerateDirectories($"{folder}/task"))
                {
                    if (FileSystem.InodeOf($"{task}/ns/net") is ulong inode)
                        paths.TryAdd((uint)inode, $"{task}/ns/net");
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended, or is not ours to look at.
            }
        }
    }

    private static bool TryEnter(string path, uint inode)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            // A pid may be another process's by now.
            return setns(file, CloneNewNet) == 0 && FileSystem.InodeOf(Own) == inode;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended, or is not ours to enter: the caller looks which
        }
    }

    [LibraryImport("libc")]
    private static partial int setns(SafeFileHandle fd, int type);
}

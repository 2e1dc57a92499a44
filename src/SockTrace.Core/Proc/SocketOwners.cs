using System.Diagnostics;
using System.Globalization;
using SockTrace.Events;

namespace SockTrace.Proc;

/// <summary>
/// Which process holds which socket, from the links in /proc/PID/fd. Without privilege those
/// of one's own processes. Looking costs a system call an open file of the host, so it is
/// done no more often than takes a tenth of the time.
/// </summary>
internal sealed class SocketOwners
{
    private readonly Dictionary<ulong, (uint Pid, Comm Comm)> _owners = [];
    private readonly List<ulong> _inodes = [];
    private long _nextLook;

    /// <returns>Whether the owner of the socket with this inode number is known.</returns>
    public bool TryGet(ulong inode, out uint pid, out Comm comm)
    {
        bool found = _owners.TryGetValue(inode, out (uint Pid, Comm Comm) owner);
        (pid, comm) = owner;
        return found;
    }

    /// <summary>Looks anew, unless it was done too short a while ago.</summary>
    /// <returns>Whether it looked.</returns>
    public bool Refresh()
    {
        long start = Stopwatch.GetTimestamp();
        if (start < _nextLook)
            return false;

        _owners.Clear();
        try
        {
            foreach (string process in Directory.EnumerateDirectories("/proc"))
            {
                if (uint.TryParse(Path.GetFileName(process.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out uint pid))
                    AddSocketsOf(process, pid);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // /proc cannot be listed for want of a descriptor: the next look may find the rest.
        }
        _nextLook = Stopwatch.GetTimestamp() + (10 * (Stopwatch.GetTimestamp() - start));
        return true;
    }

    private void AddSocketsOf(string process, uint pid)
    {
        _inodes.Clear();
        OpenSockets.Find($"{process}/fd", _inodes);
        if (_inodes.Count == 0)
            return;
        try
        {
            var comm = Comm.From(File.ReadAllBytes($"{process}/comm").AsSpan().TrimEnd((byte)'\n'));
            // Shared by several processes: the first, which is most often the parent.
            foreach (ulong inode in _inodes)
                _owners.TryAdd(inode, (pid, comm));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended: its sockets' owner stays unknown.
        }
    }
}

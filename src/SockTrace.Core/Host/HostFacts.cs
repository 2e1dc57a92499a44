using System.Text;
using CommunityToolkit.HighPerformance.Buffers;
using Microsoft.Win32.SafeHandles;

namespace SockTrace.Host;

/// <summary>Which machine this is.</summary>
internal static class HostFacts
{
    /// <summary>ip_local_reserved_ports with every second port in it.</summary>
    private const int LongestValue = 256 * 1024;

    /// <summary>PROC_PID_INIT_INO, include/linux/proc_ns.h.</summary>
    private const ulong InitialPidNamespace = 0xEFFFFFFC;

    public static string HostName => Environment.MachineName;

    /// <summary>As <c>uname -r</c> prints it.</summary>
    public static string KernelRelease => ReadLine("/proc/sys/kernel/osrelease") ?? "unknown";

    /// <summary>Differs at each boot; null where /proc does not tell.</summary>
    public static string? BootId => ReadLine("/proc/sys/kernel/random/boot_id");

    /// <summary>Whether process numbers here are the kernel's own: pid_namespaces(7).</summary>
    public static bool IsInitialPidNamespace => FileSystem.InodeOf("/proc/self/ns/pid") is null or InitialPidNamespace;

    /// <returns>The file's text without the end of line; null where it cannot be read.</returns>
    public static string? ReadLine(string path)
    {
        try
        {
            // A sysctl gives its whole value to the first read only.
            using SafeFileHandle file = File.OpenHandle(path);
            using var buffer = SpanOwner<byte>.Allocate(LongestValue);
            int length = RandomAccess.Read(file, buffer.Span, fileOffset: 0);
            return Encoding.UTF8.GetString(buffer.Span[..length]).TrimEnd('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

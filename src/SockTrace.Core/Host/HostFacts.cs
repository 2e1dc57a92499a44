namespace SockTrace.Host;

/// <summary>Which machine this is.</summary>
internal static class HostFacts
{
    public static string HostName => Environment.MachineName;

    /// <summary>As <c>uname -r</c> prints it.</summary>
    public static string KernelRelease => ReadLine("/proc/sys/kernel/osrelease") ?? "unknown";

    /// <summary>Differs at each boot; null where /proc does not tell.</summary>
    public static string? BootId => ReadLine("/proc/sys/kernel/random/boot_id");

    /// <returns>The file's text without the end of line; null where it cannot be read.</returns>
    public static string? ReadLine(string path)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

using System.Runtime.InteropServices;

namespace SockTrace.Bpf;

/// <summary>The errno values that mean something particular here, and how all of them read.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EINVAL = 22;

    /// <summary>As strerror(3) says it, with the name where it is one of the usual.</summary>
    public static string Describe(int errno)
    {
        string text = Marshal.GetPInvokeErrorMessage(errno);
        text = char.ToLowerInvariant(text[0]) + text[1..];
        string? name = errno switch
        {
            EPERM => nameof(EPERM),
            ENOENT => nameof(ENOENT),
            EINTR => nameof(EINTR),
            ENOMEM => nameof(ENOMEM),
            EACCES => nameof(EACCES),
            EINVAL => nameof(EINVAL),
            _ => null,
        };
        return $"{text} ({name ?? $"errno {errno}"})";
    }
}

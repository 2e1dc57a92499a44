using System.Runtime.InteropServices;

namespace SockTrace.Host;

/// <summary>The errno values that mean something particular here, and how all of them read.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int EEXIST = 17;
    public const int EINVAL = 22;
    public const int EPIPE = 32;
    public const int ENONET = 64;
    public const int EPROTO = 71;
    public const int ENOPROTOOPT = 92;
    public const int EOPNOTSUPP = 95;
    public const int ENETDOWN = 100;
    public const int ENETUNREACH = 101;
    public const int ECONNABORTED = 103;
    public const int ECONNRESET = 104;
    public const int ENOBUFS = 105;
    public const int ETIMEDOUT = 110;
    public const int ECONNREFUSED = 111;
    public const int EHOSTDOWN = 112;
    public const int EHOSTUNREACH = 113;
    public const int ESTALE = 116;

    /// <summary>As strerror(3) says it, in the middle of a sentence.</summary>
    public static string Text(int errno)
    {
        string text = Marshal.GetPInvokeErrorMessage(errno);
        return char.ToLowerInvariant(text[0]) + text[1..];
    }

    /// <summary>The text, and the name where it is one of the usual.</summary>
    public static string Describe(int errno)
    {
        string? name = errno switch
        {
            EPERM => nameof(EPERM),
            ENOENT => nameof(ENOENT),
            EINTR => nameof(EINTR),
            ENOMEM => nameof(ENOMEM),
            EACCES => nameof(EACCES),
            EBUSY => nameof(EBUSY),
            EINVAL => nameof(EINVAL),
            _ => null,
        };
        return $"{Text(errno)} ({name ?? $"errno {errno}"})";
    }
}

using System.Runtime.InteropServices;

namespace SockTrace.Host;

/// <summary>How large the terminal is. Console's own properties would set it to a mode of theirs.</summary>
internal static unsafe partial class TerminalSize
{
    private const int StandardOutput = 1;

    /// <summary>TIOCGWINSZ, ioctl_tty(2).</summary>
    private const nuint GetWindowSize = 0x5413;

    /// <summary>Lines of the terminal that standard output is; null where it is none, or does not know.</summary>
    public static int? Rows
    {
        get
        {
            ushort* size = stackalloc ushort[4]; // struct winsize: rows, columns, and both in pixels
            return ioctl(StandardOutput, GetWindowSize, size) == 0 && size[0] > 0 ? size[0] : null;
        }
    }

    [LibraryImport("libc")]
    private static partial int ioctl(int fd, nuint request, ushort* size);
}

using System.Runtime.InteropServices;

namespace SockTrace.Screen;

/// <summary>
/// Echo, line editing and the rest of termios(3), as they were found: the runtime changes them to read keys, and
/// gives them back at its end, but not while the process is stopped. Not every shell does that itself.
/// </summary>
internal sealed unsafe partial class TerminalSettings
{
    // More than struct termios takes anywhere (60 bytes in glibc): it is only kept. bits/termios.h
    private const int Size = 256, TcsaDrain = 1;

    private readonly byte[]? _found = Get();
    private byte[]? _ours;

    /// <summary>Before the process stops.</summary>
    public void GiveBack()
    {
        _ours = Get();
        Set(_found);
    }

    /// <summary>When it goes on. In the background that stops it again, by SIGTTOU, until it is in front.</summary>
    public void TakeAgain() => Set(_ours);

    private static byte[]? Get()
    {
        byte[] settings = new byte[Size];
        fixed (byte* at = settings)
            return tcgetattr(0, at) == 0 ? settings : null;
    }

    /// <summary>It fails only where there is no terminal any more: nothing is to be restored then.</summary>
    private static void Set(byte[]? settings)
    {
        fixed (byte* at = settings)
            _ = at == null ? 0 : tcsetattr(0, TcsaDrain, at);
    }

    [LibraryImport("libc")]
    private static partial int tcgetattr(int fd, byte* settings);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int fd, int when, byte* settings);
}

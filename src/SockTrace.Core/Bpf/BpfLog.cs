using System.Runtime.InteropServices;
using System.Text;
using SockTrace.Host;

namespace SockTrace.Bpf;

/// <summary>
/// Keeps the last of what libbpf says, the verifier's log included: its end is shown when
/// loading fails, all of it with -v. libbpf has one print function a process, so this is static.
/// </summary>
internal static unsafe class BpfLog
{
    private const int MaxMessage = 1 << 20; // the verifier's log of a program
    private const int MaxKept = 4 << 20; // libbpf says some 300 kB on an object, and there may be several

    private static readonly object Gate = new();
    private static byte* _kept;
    private static int _length, _capacity;

    public static void Capture() => LibBpf.libbpf_set_print(&OnPrint);

    /// <summary>The last <paramref name="count"/> lines, oldest first.</summary>
    public static IReadOnlyList<string> Tail(int count = int.MaxValue)
    {
        lock (Gate)
            return [.. Encoding.UTF8.GetString(new ReadOnlySpan<byte>(_kept, _length)).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(count)];
    }

    /// <summary>Some 3000 times an object, and hardly ever does somebody want to read it: so it only keeps the bytes.</summary>
    [UnmanagedCallersOnly]
    private static int OnPrint(int level, byte* format, void* arguments)
    {
        try
        {
            lock (Gate)
            {
                MakeRoom();
                int length = LibBpf.vsnprintf(_kept + _length, MaxMessage, format, arguments);
                _length += Math.Clamp(length, 0, MaxMessage - 1);
            }
            return 0;
        }
        catch (OutOfMemoryException)
        {
            // There is no way to report it from here; loading goes on, with less of a log.
            return -Errno.ENOMEM;
        }
    }

    /// <summary>For one message more: by growing, or by forgetting the older half.</summary>
    private static void MakeRoom()
    {
        if (_length + MaxMessage > MaxKept)
        {
            int older = _length / 2;
            Buffer.MemoryCopy(_kept + older, _kept, _capacity, _length - older);
            _length -= older;
        }
        else if (_length + MaxMessage > _capacity)
        {
            _capacity = Math.Min(MaxKept, _length + (2 * MaxMessage));
            _kept = (byte*)NativeMemory.Realloc(_kept, (nuint)_capacity);
        }
    }
}

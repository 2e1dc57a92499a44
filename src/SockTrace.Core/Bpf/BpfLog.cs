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
    private const int MaxLines = 16_000; // libbpf says some 3000 on an object, and there may be several
    private const int MaxMessage = 1 << 20;

    private static readonly Queue<string> Lines = new();

    public static void Capture() => LibBpf.libbpf_set_print(&OnPrint);

    /// <summary>The last <paramref name="count"/> lines, oldest first.</summary>
    public static IReadOnlyList<string> Tail(int count = MaxLines)
    {
        lock (Lines)
            return [.. Lines.TakeLast(count)];
    }

    [UnmanagedCallersOnly]
    private static int OnPrint(int level, byte* format, void* arguments)
    {
        try
        {
            byte* buffer = (byte*)NativeMemory.Alloc(MaxMessage);
            int length = LibBpf.vsnprintf(buffer, MaxMessage, format, arguments);
            string message = Encoding.UTF8.GetString(buffer, Math.Clamp(length, 0, MaxMessage - 1));
            NativeMemory.Free(buffer);
            Add(message);
            return 0;
        }
        catch (OutOfMemoryException)
        {
            // There is no way to report it from here; loading goes on, with less of a log.
            return -Errno.ENOMEM;
        }
    }

    private static void Add(string message)
    {
        lock (Lines)
        {
            foreach (string line in message.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (Lines.Count == MaxLines)
                    Lines.Dequeue();
                Lines.Enqueue(line);
            }
        }
    }
}

using System.Buffers.Text;
using CommunityToolkit.HighPerformance.Buffers;
using Microsoft.Win32.SafeHandles;
using SockTrace.Events;

namespace SockTrace.Proc;

/// <summary>Reads /proc/net/tcp and tcp6 (Documentation/networking/proc_net_tcp.rst).</summary>
internal static class ProcNetTcp
{
    private const int BufferBytes = 128 * 1024;

    /// <summary>Appends the sockets of one file; a line that is not understood counts.</summary>
    /// <returns>How many lines were not understood.</returns>
    /// <exception cref="IOException">The file cannot be read (to its end).</exception>
    public static int Read(string path, IpFamily family, List<ProcSocket> sockets)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        using var buffer = SpanOwner<byte>.Allocate(BufferBytes);
        int malformed = 0, kept = 0, count;
        long offset = 0;
        bool isHeading = true;
        do
        {
            count = RandomAccess.Read(file, buffer.Span[kept..], offset);
            offset += count;
            ReadOnlySpan<byte> left = buffer.Span[..(kept + count)];
            while (left.IndexOf((byte)'\n') is int end and >= 0 || (count == 0 && (end = left.Length) > 0))
            {
                if (isHeading)
                    isHeading = false;
                else if (TryParse(left[..end], family, out ProcSocket socket))
                    sockets.Add(socket);
                else
                    malformed++;
                left = left[Math.Min(end + 1, left.Length)..];
            }
            if (left.Length == buffer.Length)
                throw new IOException($"{path}: a line is longer than {BufferBytes} bytes");
            left.CopyTo(buffer.Span);
            kept = left.Length;
        }
        while (count > 0);
        return malformed;
    }

    /// <summary>
    /// Parses <c>sl local remote st tx:rx tr:when retrnsmt uid timeout inode …</c>.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> line, IpFamily family, out ProcSocket socket)
    {
        socket = default;
        NextField(ref line); // sl
        if (!TryParseEndPoint(NextField(ref line), out IpAddress laddr, out ushort lport)
            || !TryParseEndPoint(NextField(ref line), out IpAddress raddr, out ushort rport)
            || !TryParseHex(NextField(ref line), out uint state) || state is 0 or >= TcpStates.Count)
            return false;
        NextField(ref line); // tx_queue:rx_queue
        ReadOnlySpan<byte> timer = NextField(ref line);
        int colon = timer.IndexOf((byte)':');
        if (colon < 0 || !TryParseHex(timer[..colon], out uint timerKind) || !TryParseHex64(timer[(colon + 1)..], out ulong ticks))
            return false;
        NextField(ref line); // retrnsmt
        if (!TryParseDecimal(NextField(ref line), out ulong uid))
            return false;
        NextField(ref line); // timeout
        if (!TryParseDecimal(NextField(ref line), out ulong inode))
            return false;

        socket = new ProcSocket(family, laddr, lport, raddr, rport,
            (TcpState)state, (int)timerKind, (long)ticks, (uint)uid, inode);
        return true;
    }

    private static ReadOnlySpan<byte> NextField(ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart((byte)' ');
        int end = line.IndexOf((byte)' ');
        ReadOnlySpan<byte> field = end < 0 ? line : line[..end];
        line = line[field.Length..];
        return field;
    }

    /// <summary>
    /// The address as 8 or 32 hex digits, port as 4. Each 8 digits print a 32-bit word as a
    /// number, so its memory, in this host's byte order, holds the address's bytes in order.
    /// </summary>
    private static bool TryParseEndPoint(ReadOnlySpan<byte> field, out IpAddress address, out ushort port)
    {
        address = default;
        port = 0;
        int colon = field.IndexOf((byte)':');
        if (colon is not (8 or 32) || field.Length != colon + 5 || !TryParseHex(field[(colon + 1)..], out uint number))
            return false;

        Span<byte> bytes = stackalloc byte[16];
        bytes[10] = bytes[11] = 0xFF; // ::ffff:, where only the last word follows
        for (int word = 0; word < colon / 8; word++)
        {
            if (!TryParseHex(field.Slice(word * 8, 8), out uint value))
                return false;
            BitConverter.TryWriteBytes(bytes[(16 - (colon / 2) + (word * 4))..], value);
        }
        address = IpAddress.FromBytes(bytes);
        port = (ushort)number;
        return true;
    }

    private static bool TryParseHex(ReadOnlySpan<byte> field, out uint value) =>
        Utf8Parser.TryParse(field, out value, out int consumed, 'x') && consumed == field.Length;

    private static bool TryParseHex64(ReadOnlySpan<byte> field, out ulong value) =>
        Utf8Parser.TryParse(field, out value, out int consumed, 'x') && consumed == field.Length;

    private static bool TryParseDecimal(ReadOnlySpan<byte> field, out ulong value) =>
        Utf8Parser.TryParse(field, out value, out int consumed) && consumed == field.Length;
}

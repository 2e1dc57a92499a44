using System.Buffers.Text;
using CommunityToolkit.HighPerformance.Buffers;
using Microsoft.Win32.SafeHandles;

namespace SockTrace.Bpf;

/// <summary>Where the code of some kernel functions lies, from /proc/kallsyms, which is sorted.</summary>
internal static class KernelSymbols
{
    private const string Path = "/proc/kallsyms";
    private const int BufferSize = 256 * 1024;

    /// <summary>
    /// Whether this user sees addresses: kernel.kptr_restrict, CAP_SYSLOG. Who does not sees 0
    /// everywhere. But some are 0 indeed: up to 6.14 the first were offsets into the area of a CPU.
    /// False as well where there is no such file (CONFIG_KALLSYMS), or none that may be opened:
    /// systemd's ProtectKernelTunables= hides it.
    /// </summary>
    public static bool CanBeSeen
    {
        get
        {
            using SafeFileHandle? file = TryOpen();
            if (file is null)
                return false;
            Span<byte> buffer = stackalloc byte[4096];
            ReadOnlySpan<byte> rest = buffer[..RandomAccess.Read(file, buffer, 0)];
            while (rest.IndexOf((byte)'\n') is int end and >= 0)
            {
                if (Utf8Parser.TryParse(rest[..end], out ulong address, out _, 'x') && address != 0)
                    return true;
                rest = rest[(end + 1)..];
            }
            return false;
        }
    }

    /// <summary>What the programs compare with; 0 for what is not there, or may not be seen.</summary>
    public static BpfSymbols Read()
    {
        Dictionary<string, BpfFunction> found = Find(
        [
            "tw_timer_handler", "inet_twsk_deschedule_put", "tcp_v4_rcv", "tcp_v6_rcv",
            "__inet_hash_connect", "__inet_check_established", "__inet6_check_established", "tcp_validate_incoming",
        ]);
        var symbols = new BpfSymbols
        {
            TwTimerHandler = found.GetValueOrDefault("tw_timer_handler").Start,
            DeschedulePut = found.GetValueOrDefault("inet_twsk_deschedule_put"),
            ValidateIncoming = found.GetValueOrDefault("tcp_validate_incoming"),
        };
        symbols.Rcv[0] = found.GetValueOrDefault("tcp_v4_rcv");
        symbols.Rcv[1] = found.GetValueOrDefault("tcp_v6_rcv");
        symbols.Connect[0] = found.GetValueOrDefault("__inet_hash_connect");
        symbols.Connect[1] = found.GetValueOrDefault("__inet_check_established");
        symbols.Connect[2] = found.GetValueOrDefault("__inet6_check_established");
        return symbols;
    }

    /// <returns>Null where it may not be read, or there is none.</returns>
    private static SafeFileHandle? TryOpen()
    {
        try
        {
            return File.OpenHandle(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static Dictionary<string, BpfFunction> Find(IReadOnlyCollection<string> names)
    {
        var wanted = names.ToDictionary(name => name, System.Text.Encoding.ASCII.GetBytes);
        var found = new Dictionary<string, BpfFunction>();
        using SafeFileHandle? file = TryOpen();
        if (file is null)
            return found;
        using var buffer = SpanOwner<byte>.Allocate(BufferSize);
        string? open = null; // found, and its end not yet
        int kept = 0;
        long offset = 0;
        while (RandomAccess.Read(file, buffer.Span[kept..], offset) is int read and > 0)
        {
            offset += read;
            ReadOnlySpan<byte> rest = buffer.Span[..(kept + read)];
            while (rest.IndexOf((byte)'\n') is int end and >= 0)
            {
                ReadOnlySpan<byte> line = rest[..end];
                rest = rest[(end + 1)..];
                if (!TryParse(line, out ulong address, out ReadOnlySpan<byte> name) || address == 0)
                    continue;
                if (open is not null && address > found[open].Start)
                {
                    found[open] = found[open] with { End = address };
                    open = null;
                    if (found.Count == wanted.Count)
                        return found;
                }
                foreach ((string text, byte[] bytes) in wanted)
                {
                    if (name.SequenceEqual(bytes) && found.TryAdd(text, new BpfFunction { Start = address }))
                        open = text;
                }
            }
            rest.CopyTo(buffer.Span);
            kept = rest.Length;
        }
        if (open is not null)
            found.Remove(open);
        return found;
    }

    /// <summary>Parses <c>ffffffff82008a20 T inet_twsk_deschedule_put</c>; false for what is no code.</summary>
    private static bool TryParse(ReadOnlySpan<byte> line, out ulong address, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!Utf8Parser.TryParse(line, out address, out int digits, 'x') || line.Length < digits + 4
            || (line[digits + 1] | 0x20) != 't')
            return false;
        name = line[(digits + 3)..];
        int module = name.IndexOf((byte)'\t');
        if (module >= 0)
            name = name[..module];
        return true;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using SockTrace.Events;

namespace SockTrace.Output;

/// <summary>
/// One JSON object on one line, written straight into a buffer. Names come as finished
/// fragments (<c>,"lport":</c>): they never need escaping, and there is nothing to look up.
/// </summary>
/// <remarks>
/// Written through a reference: the room is made once for the whole line. Copies of constant
/// fragments become a few moves, which is why <see cref="Raw"/> wants to be inlined.
/// </remarks>
internal ref struct JsonLine(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;
    private readonly ref byte _start = ref MemoryMarshal.GetReference(destination);

    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _destination[..Length];

    private readonly ref byte Next => ref Unsafe.Add(ref _start, Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raw(ReadOnlySpan<byte> fragment)
    {
        fragment.CopyTo(MemoryMarshal.CreateSpan(ref Next, fragment.Length));
        Length += fragment.Length;
    }

    public void Number(long value)
    {
        if (value < 0)
        {
            Byte((byte)'-');
            value = -value;
        }
        Number((ulong)value);
    }

    public void Number(ulong value) => Length += Digits.WriteDecimal(ref Next, value);

    public void Field(ReadOnlySpan<byte> name, long value)
    {
        Raw(name);
        Number(value);
    }

    /// <summary>A number with one decimal.</summary>
    public void Rate(ReadOnlySpan<byte> name, double value)
    {
        long tenths = (long)Math.Round(value * 10);
        Raw(name);
        Number(tenths / 10);
        Byte((byte)'.');
        Number(Math.Abs(tenths % 10));
    }

    public void Field(ReadOnlySpan<byte> name, IpAddress address)
    {
        Raw(name);
        Byte((byte)'"');
        Length += address.Format(MemoryMarshal.CreateSpan(ref Next, IPv6Text.MaxLength));
        Byte((byte)'"');
    }

    /// <summary>
    /// A socket's id and namespace. The cookie is written as `ss -e` prints it, a number of
    /// our own with a tilde before.
    /// </summary>
    public void Identity(ulong id, bool isCookie, uint netns)
    {
        Raw(",\"id\":\""u8);
        if (!isCookie)
            Byte((byte)'~');
        Length += Digits.WriteHex(ref Next, id);
        Field("\",\"netns\":"u8, netns);
    }

    public void Family(IpFamily family) =>
        Raw(family == IpFamily.IPv4 ? ",\"family\":\"ipv4\""u8 : ",\"family\":\"ipv6\""u8);

    /// <summary>RFC 3339 in quotes, UTC, nine digits.</summary>
    public void Time(ref TimestampFormat format, long unixNs)
    {
        Byte((byte)'"');
        Length += format.Write(unixNs, MemoryMarshal.CreateSpan(ref Next, TimestampFormat.Length));
        Byte((byte)'"');
    }

    /// <summary>
    /// Text of any bytes. Invalid UTF-8 becomes U+FFFD, and every control character, C1 and
    /// DEL included, is escaped: a line that is merely looked at cannot drive a terminal.
    /// A byte becomes six at the most.
    /// </summary>
    public void Text(scoped ReadOnlySpan<byte> utf8)
    {
        Byte((byte)'"');
        foreach (byte b in utf8)
        {
            if (b is < 0x20 or >= 0x7F or (byte)'"' or (byte)'\\')
            {
                Length -= utf8.IndexOf(b); // from the start, the slow way
                Escape(utf8);
                return;
            }
            Byte(b);
        }
        Byte((byte)'"');
    }

    private void Escape(scoped ReadOnlySpan<byte> utf8)
    {
        while (!utf8.IsEmpty)
        {
            Rune.DecodeFromUtf8(utf8, out Rune rune, out int consumed);
            utf8 = utf8[consumed..];
            if (rune.Value is '"' or '\\')
            {
                Byte((byte)'\\');
                Byte((byte)rune.Value);
            }
            else if (Rune.IsControl(rune))
            {
                Raw("\\u00"u8);
                Byte("0123456789abcdef"u8[rune.Value >> 4]);
                Byte("0123456789abcdef"u8[rune.Value & 0xF]);
            }
            else
            {
                Length += rune.EncodeToUtf8(MemoryMarshal.CreateSpan(ref Next, 4));
            }
        }
        Byte((byte)'"');
    }

    private void Byte(byte value)
    {
        Next = value;
        Length++;
    }
}

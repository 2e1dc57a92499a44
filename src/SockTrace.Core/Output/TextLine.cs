using System.Buffers.Text;
using System.Globalization;
using System.Text;
using SockTrace.Events;

namespace SockTrace.Output;

/// <summary>One line of aligned columns, written straight into a span.</summary>
internal ref struct TextLine(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Length { get; private set; }

    public void Text(scoped ReadOnlySpan<byte> text)
    {
        text.CopyTo(_destination[Length..]);
        Length += text.Length;
    }

    /// <summary>Text padded to <paramref name="width"/>, and a space. Longer text is kept whole.</summary>
    public void Column(ReadOnlySpan<byte> text, int width, bool alignRight = false)
    {
        if (alignRight)
            Pad(width - text.Length);
        Text(text);
        Pad(alignRight ? 1 : width - text.Length + 1);
    }

    /// <summary>A number aligned to the right, and a space.</summary>
    public void NumberColumn(uint value, int width)
    {
        int digits = 1;
        for (uint rest = value; rest >= 10; rest /= 10)
            digits++;
        Pad(width - digits);
        Number(value);
        Pad(1);
    }

    /// <summary>
    /// A column of bytes that someone else chose: control characters and invalid UTF-8 are
    /// shown as <c>\x1b</c>, so that they cannot drive the terminal.
    /// </summary>
    public void VisibleColumn(scoped ReadOnlySpan<byte> bytes, int width)
    {
        int columns = 0;
        while (!bytes.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed) == System.Buffers.OperationStatus.Done;
            if (valid && !IsUnprintable(rune))
            {
                Text(bytes[..consumed]);
                columns++;
            }
            else
            {
                foreach (byte b in bytes[..consumed])
                {
                    Text("\\x"u8);
                    Utf8Formatter.TryFormat(b, _destination[Length..], out int written, new System.Buffers.StandardFormat('x', 2));
                    Length += written;
                    columns += 4;
                }
            }
            bytes = bytes[consumed..];
        }
        Pad(Math.Max(0, width - columns) + 1);
    }

    /// <summary><c>10.0.0.1:3306</c>, <c>[::1]:3306</c>; a port of 0 is not known, and shown as <c>*</c>.</summary>
    public void EndPoint(IpAddress address, ushort port, int width)
    {
        int start = Length;
        bool brackets = !address.IsIPv4;
        if (brackets)
            Text("["u8);
        Length += address.Format(_destination[Length..]);
        Text(brackets ? "]:"u8 : ":"u8);
        if (port == 0)
            Text("*"u8);
        else
            Number(port);
        Pad(Math.Max(0, width - (Length - start)) + 1);
    }

    public void Address(IpAddress address) => Length += address.Format(_destination[Length..]);

    public void Number(long value)
    {
        Utf8Formatter.TryFormat(value, _destination[Length..], out int written);
        Length += written;
    }

    /// <summary>Three significant digits, as <c>45.1us</c>, <c>3.20ms</c>, <c>61.0s</c>.</summary>
    public void Duration(long ns)
    {
        int unit = Scaled((ulong)Math.Max(0, ns));
        Text(unit switch { 0 => "ns"u8, 1 => "us"u8, 2 => "ms"u8, _ => "s"u8 });
    }

    /// <summary>As <c>120B</c>, <c>3.40kB</c>, <c>1.20MB</c> (powers of 1000).</summary>
    public void Bytes(ulong bytes)
    {
        int unit = Scaled(bytes);
        Text(unit switch { 0 => "B"u8, 1 => "kB"u8, 2 => "MB"u8, _ => "GB"u8 });
    }

    /// <summary><c>12:34:56.789</c>, and a space.</summary>
    public void TimeOfDay(ref TimeOfDayFormat format, long unixNs)
    {
        Length += format.Write(unixNs, _destination[Length..]);
        Pad(1);
    }

    /// <summary>Drops the blanks at the end, and ends the line.</summary>
    public void End()
    {
        while (Length > 0 && _destination[Length - 1] == ' ')
            Length--;
        _destination[Length++] = (byte)'\n';
    }

    private static bool IsUnprintable(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    /// <summary>Writes three significant digits, rounded.</summary>
    /// <returns>By which power of 1000, up to the third.</returns>
    private int Scaled(ulong value)
    {
        int power = 0;
        ulong unit = 1;
        // Half a unit below a thousand rounds up to one of the next.
        while (power < 3 && value >= (unit * 1000) - (unit / 2))
        {
            power++;
            unit *= 1000;
        }
        if (power == 0)
        {
            Number((long)value);
            return 0;
        }

        int decimals = 2;
        ulong rounded = ((value / (unit / 200)) + 1) / 2;
        for (ulong step = unit / 20; rounded >= 1000 && decimals > 0; step *= 10)
        {
            rounded = ((value / step) + 1) / 2;
            decimals--;
        }
        ulong scale = decimals switch { 2 => 100, 1 => 10, _ => 1 };
        Number((long)(rounded / scale));
        if (decimals > 0)
        {
            Text("."u8);
            Digits.WritePadded(ref _destination[Length], (uint)(rounded % scale), decimals);
            Length += decimals;
        }
        return power;
    }

    private void Pad(int count)
    {
        if (count <= 0)
            count = 0;
        _destination.Slice(Length, count).Fill((byte)' ');
        Length += count;
    }
}

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

    public void Text(ReadOnlySpan<byte> text)
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
    public void VisibleColumn(ReadOnlySpan<byte> bytes, int width)
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

    public void Number(long value)
    {
        Utf8Formatter.TryFormat(value, _destination[Length..], out int written);
        Length += written;
    }

    /// <summary>Three significant digits, as <c>45.1us</c>, <c>3.20ms</c>, <c>61.0s</c>.</summary>
    public void Duration(long ns)
    {
        switch (ns)
        {
            case < 1_000:
                Number(ns);
                Text("ns"u8);
                break;
            case < 1_000_000:
                Scaled(ns / 1e3, "us"u8);
                break;
            case < 1_000_000_000:
                Scaled(ns / 1e6, "ms"u8);
                break;
            default:
                Scaled(ns / 1e9, "s"u8);
                break;
        }
    }

    /// <summary>As <c>120B</c>, <c>3.40kB</c>, <c>1.20MB</c> (powers of 1000).</summary>
    public void Bytes(ulong bytes)
    {
        switch (bytes)
        {
            case < 1_000:
                Number((long)bytes);
                Text("B"u8);
                break;
            case < 1_000_000:
                Scaled(bytes / 1e3, "kB"u8);
                break;
            case < 1_000_000_000:
                Scaled(bytes / 1e6, "MB"u8);
                break;
            default:
                Scaled(bytes / 1e9, "GB"u8);
                break;
        }
    }

    /// <summary><c>12:34:56.789</c>, and a space.</summary>
    public void TimeOfDay(TimeSpan time)
    {
        time.TryFormat(_destination[Length..], out int written, "hh\\:mm\\:ss\\.fff", CultureInfo.InvariantCulture);
        Length += written;
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

    private void Scaled(double value, ReadOnlySpan<byte> unit)
    {
        string format = value switch { < 10 => "0.00", < 100 => "0.0", _ => "0" };
        value.TryFormat(_destination[Length..], out int written, format, CultureInfo.InvariantCulture);
        Length += written;
        Text(unit);
    }

    private void Pad(int count)
    {
        if (count <= 0)
            count = 0;
        _destination.Slice(Length, count).Fill((byte)' ');
        Length += count;
    }
}

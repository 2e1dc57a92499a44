using System.Text;
using SockTrace.Screen;
using SockTrace.Tests.Support;
using Spectre.Console;
using Canvas = SockTrace.Screen.Canvas;

namespace SockTrace.Tests.Screen;

public sealed class FrameEncoderTests
{
    private const int Width = 30, Height = 8;

    private static readonly AnsiCapabilities Colours = new() { Ansi = true, ColorSystem = ColorSystem.Standard };

    [Fact]
    public void WhateverIsDrawnIsWhatATerminalThenShows()
    {
        var random = new Random(20261123);
        var encoder = new FrameEncoder(Colours);
        var terminal = new Vt(Width, Height);
        Canvas? shown = null;
        for (int frame = 0; frame < 2000; frame++)
        {
            Canvas next = Next(shown, random);
            terminal.Write(encoder.Encode(shown, next));
            AssertShows(next, terminal);
            shown = next;
        }
    }

    [Fact]
    public void WhatHasNotChangedIsNotSent()
    {
        var encoder = new FrameEncoder(Colours);
        Canvas canvas = Next(null, new Random(1));
        Canvas same = Copy(canvas);
        Assert.NotEmpty(encoder.Encode(null, canvas));
        Assert.Empty(encoder.Encode(canvas, same));
    }

    [Fact]
    public void OneDigitTakesAFewBytes()
    {
        var encoder = new FrameEncoder(Colours);
        var before = new Canvas(200, 50);
        before.Clear();
        before.Text(150, 40, "12:34:56", Ink.Dim);
        Canvas after = Copy(before);
        after.Text(150, 40, "12:34:57", Ink.Dim);
        Assert.InRange(encoder.Encode(before, after).Length, 1, 25);
    }

    [Fact]
    public void WithoutColoursTheBannerIsReverse()
    {
        byte[] frame = Banner(new AnsiCapabilities { Ansi = true, ColorSystem = ColorSystem.NoColors });
        string text = Encoding.UTF8.GetString(frame);
        Assert.Contains("\x1b[1;7m", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[3", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[4", text, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherSizeIsDrawnAnew()
    {
        var encoder = new FrameEncoder(Colours);
        var small = new Canvas(10, 2);
        small.Clear();
        Canvas large = Next(null, new Random(2));
        var terminal = new Vt(Width, Height);
        terminal.Write(encoder.Encode(small, large));
        AssertShows(large, terminal);
    }

    private static byte[] Banner(AnsiCapabilities capabilities)
    {
        var canvas = new Canvas(40, 3);
        canvas.Clear();
        canvas.Text(1, 1, "NO PORT LEFT", Ink.Banner);
        canvas.Paint(1, Ink.Banner);
        return new FrameEncoder(capabilities).Encode(null, canvas);
    }

    /// <summary>The last one with some texts over it: narrow and wide glyphs, in all inks, over each other's halves.</summary>
    private static Canvas Next(Canvas? last, Random random)
    {
        Canvas next = last is null ? new Canvas(Width, Height) : Copy(last);
        if (last is null || random.Next(20) == 0)
            next.Clear();
        for (int i = random.Next(4); i > 0; i--)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(6) switch
            {
                0 => "世",
                1 => "▃",
                2 => " ",
                _ => ((char)random.Next('a', 'z' + 1)).ToString(),
            }));
            next.Text(random.Next(Width), random.Next(Height), text, (Ink)random.Next(Enum.GetValues<Ink>().Length));
        }
        return next;
    }

    private static Canvas Copy(Canvas canvas)
    {
        var copy = new Canvas(canvas.Width, canvas.Height);
        canvas.CopyTo(copy);
        return copy;
    }

    private static void AssertShows(Canvas canvas, Vt terminal)
    {
        var styles = new Dictionary<Ink, string>();
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                Cell cell = canvas.Line(y)[x];
                Assert.Equal(cell.Glyph == Cell.Rest ? "" : cell.Glyph.ToString(), terminal.At(x, y));
                // A blank that was never drawn has the look of a cleared screen, which is the plain one.
                string style = terminal.StyleAt(x, y);
                Assert.Equal(styles.TryAdd(cell.Ink, style) ? style : styles[cell.Ink], style);
                Assert.Equal(cell.Ink == Ink.Plain, style.Length == 0);
            }
        }
    }
}

using SockTrace.Screen;

namespace SockTrace.Tests.Screen;

public sealed class GlyphsTests
{
    [Fact]
    public void ABarShowsItsShare()
    {
        Assert.Equal("██████████", Glyphs.Unicode.Bar(1, 10));
        Assert.Equal("█████     ", Glyphs.Unicode.Bar(0.5, 10));
        Assert.Equal("▏         ", Glyphs.Unicode.Bar(0.0001, 10));
        Assert.Equal("          ", Glyphs.Unicode.Bar(0, 10));
        Assert.Equal("##########", Glyphs.Ascii.Bar(7, 10));
        Assert.Equal("#         ", Glyphs.Ascii.Bar(0.001, 10));
    }

    [Fact]
    public void ASparklineShowsWhateverIsAboveNothing()
    {
        Assert.Equal(" ▁▄█", Glyphs.Unicode.Sparkline([0, 1, 50, 100]));
        Assert.Equal("    ", Glyphs.Unicode.Sparkline([0, 0, 0, 0]));
        Assert.Equal(" .=@", Glyphs.Ascii.Sparkline([0, 1, 60, 100]));
    }

    [Fact]
    public void AsciiIsAscii() => Assert.All(
        Glyphs.Ascii.Levels + Glyphs.Ascii.Parts + Glyphs.Ascii.Arrow + Glyphs.Ascii.Falling + Glyphs.Ascii.Rising,
        glyph => Assert.InRange(glyph, ' ', '~'));
}

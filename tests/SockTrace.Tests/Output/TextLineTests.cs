using System.Text;
using CsCheck;
using SockTrace.Output;

namespace SockTrace.Tests.Output;

public sealed class TextLineTests
{
    [Fact]
    public void NoBytesReachTheTerminalAsAControlCharacter() =>
        Gen.Byte.Array[0, 15].Sample(bytes =>
        {
            Span<byte> buffer = stackalloc byte[128];
            var line = new TextLine(buffer);
            line.VisibleColumn(bytes, 15);
            string text = Encoding.UTF8.GetString(buffer[..line.Length]);
            Assert.DoesNotContain(text, c => char.IsControl(c) || c == '\uFFFD');
        });

    [Theory]
    [InlineData("php-fpm", "php-fpm         |")]
    [InlineData("a\u001b[2Jb", @"a\x1b[2Jb       |")]
    [InlineData("naïve", "naïve           |")]
    [InlineData("\u202etxt", @"\xe2\x80\xaetxt |")]
    public void ANameIsPaddedByWhatIsSeen(string name, string expected)
    {
        Span<byte> buffer = stackalloc byte[128];
        var line = new TextLine(buffer);
        line.VisibleColumn(Encoding.UTF8.GetBytes(name), 15);
        line.Text("|"u8);
        Assert.Equal(expected, Encoding.UTF8.GetString(buffer[..line.Length]));
    }

    [Theory]
    [InlineData(0, "0ns")]
    [InlineData(999, "999ns")]
    [InlineData(1_000, "1.00us")]
    [InlineData(45_123, "45.1us")]
    [InlineData(9_994, "9.99us")]
    [InlineData(9_995, "10.0us")]
    [InlineData(99_949, "99.9us")]
    [InlineData(99_950, "100us")]
    [InlineData(999_499, "999us")]
    [InlineData(999_500, "1.00ms")]
    [InlineData(1_500_000, "1.50ms")]
    [InlineData(60_012_345_678, "60.0s")]
    [InlineData(86_400_000_000_000, "86400s")]
    public void DurationsHaveThreeDigitsRounded(long ns, string expected)
    {
        Span<byte> buffer = stackalloc byte[64];
        var line = new TextLine(buffer);
        line.Duration(ns);
        Assert.Equal(expected, Encoding.UTF8.GetString(buffer[..line.Length]));
    }
}

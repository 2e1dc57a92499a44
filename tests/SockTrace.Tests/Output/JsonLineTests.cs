using System.Text;
using System.Text.Json;
using CsCheck;
using SockTrace.Output;

namespace SockTrace.Tests.Output;

public sealed class JsonLineTests
{
    [Fact]
    public void AnyBytesBecomeAJsonStringThatHoldsNoControlCharacter() =>
        Gen.Byte.Array[0, 40].Sample(bytes =>
        {
            string json = Write(bytes);
            Assert.DoesNotContain(json, char.IsControl);
            Assert.Equal(Encoding.UTF8.GetString(bytes), JsonSerializer.Deserialize<string>(json));
        });

    [Theory]
    [InlineData("php-fpm", "\"php-fpm\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("\u001b[2J", "\"\\u001b[2J\"")]
    [InlineData("\u007f\u009b", "\"\\u007f\\u009b\"")]
    [InlineData("naïve", "\"naïve\"")]
    public void WhatIsHarmlessStaysReadable(string text, string expected) =>
        Assert.Equal(expected, Write(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData(0, "1970-01-01T00:00:00.000000000Z")]
    [InlineData(1795434733123456789, "2026-11-23T11:52:13.123456789Z")]
    [InlineData(1795434733999999999, "2026-11-23T11:52:13.999999999Z")]
    [InlineData(1795434734000000000, "2026-11-23T11:52:14.000000000Z")]
    public void TimesAreRfc3339WithNineDigits(long unixNs, string expected)
    {
        var format = new TimestampFormat();
        Span<byte> text = stackalloc byte[TimestampFormat.Length];
        for (int again = 0; again < 2; again++)
        {
            Assert.Equal(TimestampFormat.Length, format.Write(unixNs, text));
            Assert.Equal(expected, Encoding.ASCII.GetString(text));
        }
    }

    private static string Write(ReadOnlySpan<byte> bytes)
    {
        Span<byte> buffer = stackalloc byte[512];
        var line = new JsonLine(buffer);
        line.Text(bytes);
        return Encoding.UTF8.GetString(buffer[..line.Length]);
    }
}

using System.Globalization;
using System.Text;
using CsCheck;
using SockTrace.Output;

namespace SockTrace.Tests.Output;

public sealed class DigitsTests
{
    [Fact]
    public void EveryNumberReadsAsTheRuntimePrintsIt() =>
        // Random bits of random width, so that every number of digits comes up.
        Gen.Select(Gen.ULong, Gen.Int[0, 63]).Sample((bits, shift) => AssertAlike(bits >> shift));

    [Fact]
    public void ThePowersOfTenAndTheirNeighboursAreRight()
    {
        ulong power = 1;
        for (int i = 0; i < 20; i++, power *= 10)
        {
            AssertAlike(power - 1);
            AssertAlike(power);
            AssertAlike(power + 1);
        }
        AssertAlike(ulong.MaxValue);
    }

    [Theory]
    [InlineData(0, 9, "000000000")]
    [InlineData(7, 1, "7")]
    [InlineData(123456789, 9, "123456789")]
    [InlineData(1005, 6, "001005")]
    public void PaddedNumbersHaveTheirZeros(uint value, int count, string expected)
    {
        Span<byte> buffer = stackalloc byte[16];
        Digits.WritePadded(ref buffer[0], value, count);
        Assert.Equal(expected, Encoding.ASCII.GetString(buffer[..count]));
    }

    private static void AssertAlike(ulong value)
    {
        Span<byte> buffer = stackalloc byte[32];
        int length = Digits.WriteDecimal(ref buffer[0], value);
        Assert.Equal(value.ToString(CultureInfo.InvariantCulture), Encoding.ASCII.GetString(buffer[..length]));
        length = Digits.WriteHex(ref buffer[0], value);
        Assert.Equal(value.ToString("x", CultureInfo.InvariantCulture), Encoding.ASCII.GetString(buffer[..length]));
    }
}

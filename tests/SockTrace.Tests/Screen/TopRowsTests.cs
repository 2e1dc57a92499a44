using SockTrace.Events;
using SockTrace.Screen;

namespace SockTrace.Tests.Screen;

public sealed class TopRowsTests
{
    [Fact]
    public void TheFirstRowsAreThoseOfASortOfAll()
    {
        var random = new Random(3);
        var top = new TopRows();
        for (int round = 0; round < 500; round++)
        {
            long[] rows = [.. Enumerable.Range(0, random.Next(300)).Select(_ => random.NextInt64(-20, 20))];
            bool isFalling = random.Next(2) == 0;
            int count = random.Next(1, 320);
            int[] indices = [.. Enumerable.Range(0, rows.Length)];
            int[] expected = [.. (isFalling ? indices.OrderByDescending(i => rows[i]) : indices.OrderBy(i => rows[i])).Take(count)];
            Assert.Equal(expected, top.Of<long>(rows, (in row) => SortKey.Of(row), isFalling, count).ToArray());
        }
    }

    [Fact]
    public void KeysSortAsWhatTheyAreOf()
    {
        long[] longs = [long.MinValue, -2, -1, 0, 1, 2, long.MaxValue];
        Assert.Equal(longs, longs.Reverse().OrderBy(value => SortKey.Of(value)));
        double[] doubles = [double.NegativeInfinity, -1e300, -1, -0.5, 0, 1e-300, 0.5, 1, 1e300, double.PositiveInfinity];
        Assert.Equal(doubles, doubles.Reverse().OrderBy(value => SortKey.Of(value)));
        string[] ends = ["1.2.3.4:5", "1.2.3.4:6", "9.0.0.0:1", "10.0.0.0:1", "200.1.1.1:1"];
        Assert.Equal(ends, ends.Reverse().OrderBy(KeyOf));
        Assert.True(SortKey.Of(IpAddress.From(System.Net.IPAddress.Parse("2001:db8::1")), 0) > KeyOf("255.255.255.255:65535"));
        Assert.True(SortKey.Of(Comm.From("mysqld"u8)) > SortKey.Of(Comm.From("mysql"u8)));
    }

    private static UInt128 KeyOf(string end)
    {
        var parsed = System.Net.IPEndPoint.Parse(end);
        return SortKey.Of(IpAddress.From(parsed.Address), (ushort)parsed.Port);
    }
}

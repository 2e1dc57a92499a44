using SockTrace.Screen;

namespace SockTrace.Tests.Screen;

public sealed class PerSecondTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void CountsAreThoseOfACountOfAllEvents()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            var counts = new PerSecond();
            var events = new List<long>();
            long now = random.Next(1_000_000) * Second;
            for (int i = 0; i < 300; i++)
            {
                now += random.Next(10) == 0 ? random.NextInt64(400 * Second) : random.NextInt64(Second / 2);
                counts.MoveTo(now);
                // Processors are not quite in step: some come late.
                long time = Math.Max(0, now - random.Next(2_000_000));
                counts.Add(time);
                events.Add(time);
            }

            long last = now / Second;
            long[] expected = [.. Enumerable.Range(1, 60).Reverse().Select(back => events.LongCount(time => time / Second == last - back))];
            long[] latest = new long[60];
            counts.Latest(latest);
            Assert.Equal(expected, latest);
            Assert.Equal(expected[^1], counts.Last);
            Assert.Equal(expected.Max(), counts.Most(60));
            Assert.Equal(events.Count, counts.Total);
        }
    }

    [Fact]
    public void ASecondThatIsNotOverIsNotTheLast()
    {
        var counts = new PerSecond();
        counts.Add((7 * Second) + 1);
        Assert.Equal(0, counts.Last);
        counts.MoveTo(8 * Second);
        Assert.Equal(1, counts.Last);
        counts.MoveTo(9 * Second);
        Assert.Equal(0, counts.Last);
    }
}

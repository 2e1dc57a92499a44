namespace SockTrace.Screen;

/// <summary>How often something happened in each of the last seconds, by the time of the events.</summary>
internal sealed class PerSecond
{
    public const int Seconds = 256;

    private const long Ns = 1_000_000_000;

    private readonly long[] _counts = new long[Seconds];

    /// <summary>The second that is not over yet.</summary>
    private long _now;

    /// <summary>Since the start, or the last <see cref="Clear"/>.</summary>
    public long Total { get; private set; }

    public void Add(long timeNs, long count = 1)
    {
        MoveTo(timeNs);
        Total += count;
        long second = timeNs / Ns;
        if (_now - second < Seconds)
            _counts[second % Seconds] += count;
    }

    /// <summary>Time has come so far.</summary>
    public void MoveTo(long nowNs)
    {
        long second = nowNs / Ns;
        if (second - _now >= Seconds)
            _now = Math.Max(_now, second - Seconds);
        while (_now < second)
            _counts[++_now % Seconds] = 0;
    }

    /// <summary>In the last second that is over.</summary>
    public long Last => _counts[(_now + Seconds - 1) % Seconds];

    /// <summary>The most in one of the last <paramref name="seconds"/> that are over.</summary>
    public long Most(int seconds)
    {
        long most = 0;
        for (int i = 1; i <= Math.Min(seconds, Seconds - 1); i++)
            most = Math.Max(most, _counts[(_now + Seconds - i) % Seconds]);
        return most;
    }

    /// <summary>In the last <paramref name="seconds"/>, the one that is not over included.</summary>
    public long Sum(int seconds)
    {
        long sum = 0;
        for (int i = 0; i < Math.Min(seconds, Seconds); i++)
            sum += _counts[(_now + Seconds - i) % Seconds];
        return sum;
    }

    /// <summary>Fills <paramref name="counts"/> with the last seconds that are over, the oldest first.</summary>
    public void Latest(Span<long> counts)
    {
        for (int i = 0; i < counts.Length; i++)
        {
            int back = counts.Length - i;
            counts[i] = back < Seconds ? _counts[(_now + Seconds - back) % Seconds] : 0;
        }
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Total = 0;
    }
}

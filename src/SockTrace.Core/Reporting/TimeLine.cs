namespace SockTrace.Reporting;

/// <summary>
/// What happened when: counts and levels in steps of equal length. The steps double when there
/// are too many, so its memory is the same for a minute and for a year.
/// </summary>
internal sealed class TimeLine
{
    private const int MaxSteps = 720;
    private const long FirstStepNs = 1_000_000_000;

    private readonly List<(long[] Values, bool IsLevel)> _series = [];
    private long _beginNs = long.MinValue;

    /// <summary>Nanoseconds since 1970-01-01 UTC.</summary>
    public long BeginNs => _beginNs;

    public long StepNs { get; private set; } = FirstStepNs;

    /// <summary>Steps in which there may be anything.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a series of events: steps are summed.</summary>
    public int AddCounts() => Add(isLevel: false);

    /// <summary>Adds a series of levels, of which each step keeps the highest; -1 where nobody looked.</summary>
    public int AddLevels() => Add(isLevel: true);

    /// <summary>Where it begins, if it has not begun.</summary>
    /// <param name="timeNs">Nanoseconds since 1970-01-01 UTC.</param>
    public void Begin(long timeNs)
    {
        if (_beginNs == long.MinValue)
            _beginNs = timeNs / FirstStepNs * FirstStepNs;
    }

    /// <param name="series">As <see cref="AddCounts"/> gave it.</param>
    /// <param name="timeNs">Nanoseconds since 1970-01-01 UTC. Before the begin it counts as the begin.</param>
    public void Happened(int series, long timeNs) => _series[series].Values[StepOf(timeNs)]++;

    public void Level(int series, long timeNs, long value)
    {
        ref long step = ref _series[series].Values[StepOf(timeNs)];
        step = Math.Max(step, value);
    }

    public ReadOnlySpan<long> Of(int series) => _series[series].Values.AsSpan(0, Count);

    private int Add(bool isLevel)
    {
        long[] values = new long[MaxSteps];
        if (isLevel)
            Array.Fill(values, -1);
        _series.Add((values, isLevel));
        return _series.Count - 1;
    }

    private int StepOf(long timeNs)
    {
        Begin(timeNs);
        long step;
        while ((step = Math.Max(0, timeNs - _beginNs) / StepNs) >= MaxSteps)
            Double();
        Count = Math.Max(Count, (int)step + 1);
        return (int)step;
    }

    private void Double()
    {
        StepNs *= 2;
        Count = (Count + 1) / 2;
        foreach ((long[] values, bool isLevel) in _series)
        {
            for (int i = 0; i < MaxSteps / 2; i++)
            {
                values[i] = isLevel
                    ? Math.Max(values[2 * i], values[(2 * i) + 1])
                    : values[2 * i] + values[(2 * i) + 1];
            }
            values.AsSpan(MaxSteps / 2).Fill(isLevel ? -1 : 0);
        }
    }
}

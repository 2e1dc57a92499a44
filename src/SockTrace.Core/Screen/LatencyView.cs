using System.Globalization;
using SockTrace.Reporting;

namespace SockTrace.Screen;

/// <summary>How long things took: percentiles of all, and a histogram of one.</summary>
internal sealed class LatencyView(Glyphs glyphs) : View
{
    private readonly List<(Metric Metric, Distribution Of)> _distributions = [];
    private Metric _chosen = Metric.Connect;
    private long _inferred;

    public override string Title => "Latency";

    public override string Keys => glyphs == Glyphs.Ascii ? "up/down choose a histogram" : "↑↓ choose a histogram";

    public override void Look(Snapshot now)
    {
        _distributions.Clear();
        Distributions times = now.Activity.Times;
        _inferred = times.InferredTimeWaits;
        foreach (Metric metric in Metrics.All)
        {
            if (times[metric] is { } histogram)
                _distributions.Add((metric, Distribution.Of(histogram, inferred: null, isDrawn: true)));
        }
    }

    public override void Draw(Canvas canvas, int top, int bottom)
    {
        if (_distributions.Count == 0)
        {
            canvas.Text(1, top + 1, "no connection has closed yet", Ink.Dim);
            return;
        }
        if (_distributions.All(one => one.Metric != _chosen))
            _chosen = _distributions[0].Metric;
        canvas.Paint(top, Ink.Heading);
        DrawLine(canvas, top, ["", "COUNT", "MIN", "P50", "P90", "P99", "P99.9", "MAX"], Ink.Heading);
        int y = top + 1;
        foreach ((Metric metric, Distribution of) in _distributions)
        {
            DrawLine(canvas, y, Cells(metric, of), metric == _chosen ? Ink.Selected : Ink.Plain);
            if (metric == _chosen)
                canvas.Paint(y, Ink.Selected);
            y++;
        }
        if (_inferred > 0)
            canvas.Text(1, y++, $"{_inferred} of the TIME_WAITs were inferred and not measured", Ink.Dim);
        DrawHistogram(canvas, y + 1, bottom);
    }

    public override bool OnKey(ConsoleKeyInfo key)
    {
        int step = key.Key switch { ConsoleKey.UpArrow => -1, ConsoleKey.DownArrow => 1, _ => 0 };
        if (step == 0 || _distributions.Count == 0)
            return false;
        int at = _distributions.FindIndex(one => one.Metric == _chosen);
        _chosen = _distributions[Math.Clamp(at + step, 0, _distributions.Count - 1)].Metric;
        return true;
    }

    public override IEnumerable<string> Export() => LinesOfAll().ToArray();

    private IEnumerable<string> LinesOfAll()
    {
        yield return "metric\tcount\tmin_ns\tmean_ns\tp50_ns\tp90_ns\tp99_ns\tp999_ns\tmax_ns";
        foreach ((Metric metric, Distribution of) in _distributions)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{Metrics.Name(metric)}\t{of.Count}\t{of.MinNs}\t{of.MeanNs}\t{of.P50Ns}\t{of.P90Ns}\t{of.P99Ns}\t{of.P999Ns}\t{of.MaxNs}");
        }
    }

    private static string[] Cells(Metric metric, Distribution of) =>
    [
        Metrics.Name(metric), $"{of.Count}", Words.Duration(of.MinNs), Words.Duration(of.P50Ns), Words.Duration(of.P90Ns),
        Words.Duration(of.P99Ns), Words.Duration(of.P999Ns), Words.Duration(of.MaxNs),
    ];

    private static void DrawLine(Canvas canvas, int y, string[] cells, Ink ink)
    {
        const int NameWidth = 16, CellWidth = 9;
        canvas.Text(0, y, cells[0], ink, NameWidth);
        for (int i = 1; i < cells.Length; i++)
            canvas.TextToLeftOf(NameWidth + (i * CellWidth), y, cells[i], ink);
    }

    private void DrawHistogram(Canvas canvas, int top, int bottom)
    {
        if (_distributions.Find(one => one.Metric == _chosen) is not { Of.Buckets: { } buckets, Metric: var metric } || top >= bottom)
            return;
        canvas.Text(0, top, $"{Metrics.Name(metric)}: {Metrics.Meaning(metric)}", Ink.Strong);
        IReadOnlyList<long[]> rows = Join(buckets, Math.Max(1, bottom - top - 1));
        long most = rows.Max(row => row[2]);
        for (int i = 0; i < rows.Count && top + 1 + i < bottom; i++)
        {
            int y = top + 1 + i;
            canvas.TextToLeftOf(9, y, Words.Duration(rows[i][0]));
            canvas.TextToLeftOf(19, y, $"{rows[i][2]}");
            canvas.Text(20, y, glyphs.Bar((double)rows[i][2] / most, Math.Max(1, canvas.Width - 21)), Ink.Chart);
        }
    }

    /// <summary>Octaves or more, where quarters of them do not fit; empty ones between stay out of it.</summary>
    private static IReadOnlyList<long[]> Join(IReadOnlyList<long[]> buckets, int most)
    {
        IReadOnlyList<long[]> rows = buckets;
        for (int by = 2; rows.Count > most; by++)
            rows = [.. buckets.Chunk(by).Select(some => (long[])[some[0][0], some[^1][1], some.Sum(one => one[2])])];
        return rows;
    }
}

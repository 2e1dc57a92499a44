using System.Diagnostics;
using System.Globalization;

namespace SockTrace.ReportBench;

/// <summary>All in turn, round by round: what else the machine does then falls on each alike.</summary>
internal sealed class Rounds(string binary, string folder, long lines, int rounds)
{
    /// <summary>What is read of a connection; the extraction alone is what jq is mostly used for.</summary>
    private const string JqFields =
        """select(.type == "conn" and .role != "listener" or .type == "time_wait") | [.connect_ns, .established_ns, .lifetime_ns, .states.FIN_WAIT1, .states.FIN_WAIT2, .states.CLOSING, .states.CLOSE_WAIT, .states.LAST_ACK, .fin_wait2_ns, .duration_ns, .reuse_gap_ns, .srtt_us]""";

    private const string JqPercentiles = "[inputs | " + JqFields + "]"
        + """ | transpose | map(map(select(. != null)) | sort | if length == 0 then null else . as $v | {count: length, min: .[0], max: .[-1], mean: (add / length), percentiles: [(0.5, 0.9, 0.99, 0.999) as $q | $v[($v | length * $q | ceil) - 1]]} end)""";

    private readonly List<(string Name, long Lines, double Seconds, long PeakKib)> _results = [];

    public void Run()
    {
        string large = Trace("large", lines), tenth = Trace("tenth", lines / 10), small = Trace("small", lines / 40);
        (long largeLines, long tenthLines, long smallLines) = (LinesOf(large), LinesOf(tenth), LinesOf(small));
        string self = Environment.ProcessPath!;
        for (int round = 0; round < rounds; round++)
        {
            Measure("socktrace report", largeLines, binary, "report", "--format", "json", "-o", Path.Combine(folder, "report.json"), "--force", large);
            Measure("socktrace report, a tenth", tenthLines, binary, "report", "--format", "json", "-o", Path.Combine(folder, "report.json"), "--force", tenth);
            Measure("duckdb, 1 thread", largeLines, self, "duckdb", large, "1");
            Measure("duckdb, 2 threads", largeLines, self, "duckdb", large, "2");
            Measure("jq", smallLines, "jq", "-n", "-c", JqPercentiles, small);
            Measure("jq, extraction only", smallLines, "jq", "-c", JqFields, small);
        }
        Print(new FileInfo(large).Length, largeLines);
    }

    private string Trace(string name, long count)
    {
        string path = Path.Combine(folder, $"{name}-{count}.ndjson");
        if (!File.Exists(path))
        {
            TraceWriter.Write(path + ".part", count);
            File.Move(path + ".part", path);
        }
        return path;
    }

    private static long LinesOf(string path) => File.ReadLines(path).LongCount();

    /// <summary>Runs it under time(1). What prints a number says how long it took itself, without its runtime's start.</summary>
    private void Measure(string name, long count, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/time", ["-f", "%e %M", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var watch = Stopwatch.StartNew();
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string first = "";
        while (process.StandardOutput.ReadLine() is string line)
            first = first.Length == 0 ? line : first;
        process.WaitForExit();
        double seconds = watch.Elapsed.TotalSeconds;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{name}: {errors.Result}");
        if (double.TryParse(first, CultureInfo.InvariantCulture, out double own))
            seconds = own;
        _results.Add((name, count, seconds, long.Parse(errors.Result.Trim().Split('\n')[^1].Split(' ')[1], CultureInfo.InvariantCulture)));
    }

    private void Print(long bytes, long largeLines)
    {
        string machine = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("model name", StringComparison.Ordinal)).Split(':')[1].Trim();
        string kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} x {machine}, Linux {kernel}, DuckDB {DuckDbVersion()}, {Version("jq")}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rounds} rounds in turn over {largeLines} lines ({bytes / 1e6:0} MB); medians. times: of socktrace's time per line"));
        Console.WriteLine($"{"",-28}{"seconds",9}{"min",9}{"max",9}{"ns/line",9}{"times",8}{"peak MiB",10}");
        double own = 0;
        foreach (var runs in _results.GroupBy(result => result.Name))
        {
            double[] seconds = [.. runs.Select(run => run.Seconds).Order()];
            double median = seconds[seconds.Length / 2], perLine = median * 1e9 / runs.First().Lines;
            own = own == 0 ? perLine : own;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{runs.Key,-28}{median,9:0.000}{seconds[0],9:0.000}{seconds[^1],9:0.000}{perLine,9:0}{perLine / own,8:0.00}{runs.Max(run => run.PeakKib) / 1024.0,10:0}"));
        }
    }

    private static string Version(string program)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd().Trim();
    }

    private static string DuckDbVersion()
    {
        using var connection = new DuckDB.NET.Data.DuckDBConnection("DataSource=:memory:");
        connection.Open();
        return connection.ServerVersion;
    }
}

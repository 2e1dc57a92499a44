using System.Globalization;
using SockTrace.ReportBench;

// write FILE LINES: makes a trace. duckdb FILE THREADS: one round of DuckDB, seconds on standard output.
// run BINARY FOLDER LINES ROUNDS: all of it, in turn.
switch (args)
{
    case ["write", string path, string lines]:
        TraceWriter.Write(path, long.Parse(lines, CultureInfo.InvariantCulture));
        return 0;
    case ["duckdb", string path, string threads]:
        Console.WriteLine(DuckDbReport.Run(path, int.Parse(threads, CultureInfo.InvariantCulture)).ToString("0.000", CultureInfo.InvariantCulture));
        return 0;
    case ["run", string binary, string folder, string lines, string rounds]:
        new Rounds(binary, folder, long.Parse(lines, CultureInfo.InvariantCulture), int.Parse(rounds, CultureInfo.InvariantCulture)).Run();
        return 0;
    default:
        Console.Error.WriteLine("see `make bench-report`");
        return 2;
}

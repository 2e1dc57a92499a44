using SockTrace.Host;

namespace SockTrace.Reading;

/// <summary>From what stands on the command line to files, in the order in which to read them.</summary>
internal static class TraceFiles
{
    /// <param name="names">Files, patterns with * and ? in their last part, or - for standard input.</param>
    /// <exception cref="TraceException">A pattern fits nothing, or its folder cannot be read.</exception>
    public static IEnumerable<string> Expand(IEnumerable<string> names) => names.SelectMany(Expand).Distinct();

    /// <summary>
    /// The same files: those of one tracer together, and those first whose headers are older, so that
    /// a rotated trace is whole again. What has no header stays behind what stands before it.
    /// </summary>
    public static IReadOnlyList<string> InOrder(IReadOnlyList<string> names)
    {
        if (names.Count < 2)
            return names;
        TraceRun? run = null;
        long begin = long.MinValue;
        var begins = new List<(string Name, TraceRun? Run, long Begin)>();
        foreach (string name in names)
        {
            if (HeaderOf(name) is (HeaderRecord header, long ts))
                (run, begin) = (header.Run, ts);
            begins.Add((name, run, begin));
        }
        return [.. begins.GroupBy(file => file.Run).OrderBy(run => run.Min(file => file.Begin))
            .SelectMany(run => run.OrderBy(file => file.Begin)).Select(file => file.Name)];
    }

    private static IEnumerable<string> Expand(string name)
    {
        if (name == TraceFile.StandardInput || File.Exists(name) || name.IndexOfAny(['*', '?']) < 0)
            return [name];
        string folder = Path.GetDirectoryName(name) is { Length: > 0 } parent ? parent : ".";
        string[] files;
        try
        {
            files = Directory.Exists(folder) ? Directory.GetFiles(folder, Path.GetFileName(name)) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TraceException(name, "read", e is IOException ? e.Message : $"may not look into {folder}: permission denied");
        }
        if (files.Length == 0)
            throw new TraceException(name, "read", "no file fits this pattern");
        return files.Order(StringComparer.Ordinal).Select(file => folder == "." ? Path.GetFileName(file) : file);
    }

    private static (HeaderRecord Header, long Ts)? HeaderOf(string name)
    {
        // Standard input and FIFOs can be read only once; and what cannot be opened says so in its turn.
        if (name == TraceFile.StandardInput || !File.Exists(name) || FileSystem.IsSpecial(name))
            return null;
        try
        {
            using var file = new TraceFile(name, _ => { });
            return file.TryRead() && file.Record.Header is HeaderRecord header ? (header, file.Record.Ts) : null;
        }
        catch (TraceException)
        {
            return null;
        }
    }
}

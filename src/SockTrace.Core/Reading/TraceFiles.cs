namespace SockTrace.Reading;

/// <summary>From what stands on the command line to files, in the order in which they began.</summary>
internal static class TraceFiles
{
    /// <param name="names">Files, patterns with * and ? in their last part, or - for standard input.</param>
    /// <exception cref="TraceException">A pattern fits nothing.</exception>
    public static IEnumerable<string> Expand(IEnumerable<string> names) => names.SelectMany(Expand).Distinct();

    /// <summary>
    /// The same files, those first whose headers are older: so a rotated trace is whole again. One that
    /// has no header stays behind those that stand before it.
    /// </summary>
    public static IReadOnlyList<string> InOrder(IEnumerable<string> names)
    {
        long last = long.MinValue;
        var begins = new List<(string Name, long Begin)>();
        foreach (string name in names)
        {
            last = BeginOf(name) ?? last;
            begins.Add((name, last));
        }
        return [.. begins.OrderBy(file => file.Begin).Select(file => file.Name)];
    }

    private static IEnumerable<string> Expand(string name)
    {
        if (name == TraceFile.StandardInput || File.Exists(name) || name.IndexOfAny(['*', '?']) < 0)
            return [name];
        string folder = Path.GetDirectoryName(name) is { Length: > 0 } parent ? parent : ".";
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, Path.GetFileName(name)) : [];
        if (files.Length == 0)
            throw new TraceException(name, "read", "no file fits this pattern");
        return files.Order(StringComparer.Ordinal).Select(file => folder == "." ? Path.GetFileName(file) : file);
    }

    private static long? BeginOf(string name)
    {
        // Standard input can be read only once; and what cannot be opened says so in its turn.
        if (name == TraceFile.StandardInput || !File.Exists(name))
            return null;
        try
        {
            using var file = new TraceFile(name, _ => { });
            return file.TryRead() && file.Record.Type == RecordType.Header ? file.Record.Ts : null;
        }
        catch (TraceException)
        {
            return null;
        }
    }
}

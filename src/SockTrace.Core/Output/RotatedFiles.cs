using System.Globalization;

namespace SockTrace.Output;

/// <summary>
/// The names of files that were put aside: <c>trace.ndjson.zst</c> becomes
/// <c>trace.20261123T204500Z.ndjson.zst</c>, a second one of that second
/// <c>trace.20261123T204500Z_2.ndjson.zst</c>.
/// </summary>
internal sealed class RotatedFiles
{
    private const string StampFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const int StampLength = 16;

    private readonly string _path, _folder, _stem, _extension;

    public RotatedFiles(string path)
    {
        _path = path;
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string name = Path.GetFileName(path);
        string plain = FrameCompressor.Of(name) == Compression.None ? name : Path.GetFileNameWithoutExtension(name);
        _stem = Path.GetFileNameWithoutExtension(plain);
        _extension = name[_stem.Length..];
    }

    /// <summary>The name that a file gets which is put aside now: after all that are.</summary>
    public string NameAt(DateTime utc)
    {
        // Not the first that is free: the older ones of this second may have been deleted.
        string stamp = utc.ToString(StampFormat, CultureInfo.InvariantCulture);
        int number = Numbered().Where(file => file.Stamp == stamp).Select(file => file.Number).DefaultIfEmpty().Max() + 1;
        return Path.Combine(_folder, number == 1
            ? $"{_stem}.{stamp}{_extension}"
            : string.Create(CultureInfo.InvariantCulture, $"{_stem}.{stamp}_{number}{_extension}"));
    }

    /// <summary>Puts the file that has the path's name aside.</summary>
    /// <exception cref="OutputException">It cannot be renamed.</exception>
    public void PutAside() => Try("rename", _path, path => File.Move(path, NameAt(DateTime.UtcNow)));

    /// <summary>Deletes the oldest of those put aside.</summary>
    /// <param name="keep">As many stay.</param>
    /// <exception cref="OutputException">One cannot be deleted.</exception>
    public void DeleteAllBut(int keep)
    {
        foreach (string path in Oldest().SkipLast(keep))
            Try("delete", path, File.Delete);
    }

    /// <summary>Those put aside, the oldest first.</summary>
    public IEnumerable<string> Oldest() =>
        Numbered().OrderBy(file => file.Stamp, StringComparer.Ordinal).ThenBy(file => file.Number).Select(file => file.Path);

    private IEnumerable<(string Path, string Stamp, int Number)> Numbered()
    {
        foreach (string path in Directory.EnumerateFiles(_folder))
        {
            if (TryParse(Path.GetFileName(path), out string stamp, out int number))
                yield return (path, stamp, number);
        }
    }

    /// <returns>Whether it is a name of ours.</returns>
    private bool TryParse(string name, out string stamp, out int number)
    {
        (stamp, number) = ("", 1);
        int start = _stem.Length + 1, end = name.Length - _extension.Length;
        if (end - start < StampLength
            || !name.StartsWith(_stem + ".", StringComparison.Ordinal)
            || !name.EndsWith(_extension, StringComparison.Ordinal))
            return false;
        stamp = name[start..(start + StampLength)];
        ReadOnlySpan<char> rest = name.AsSpan(start + StampLength, end - start - StampLength);
        return DateTime.TryParseExact(stamp, StampFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            && (rest.IsEmpty
                || (rest[0] == '_' && int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out number)));
    }

    private static void Try(string operation, string path, Action<string> act)
    {
        try
        {
            act(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The runtime's messages end with the path, which ours begin with.
            string reason = e is UnauthorizedAccessException ? "permission denied" : e.Message.Split(" : ")[0].TrimEnd('.');
            throw new OutputException(path, operation, char.ToLowerInvariant(reason[0]) + reason[1..], isClosedPipe: false);
        }
    }
}

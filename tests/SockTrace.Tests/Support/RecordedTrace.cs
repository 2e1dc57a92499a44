using System.Text.Json;

namespace SockTrace.Tests.Support;

/// <summary>The records of a trace, read by a JSON reader that knows nothing of ours.</summary>
internal sealed class RecordedTrace
{
    private RecordedTrace(IEnumerable<string> lines) => Records = [.. lines.Select(line => JsonElement.Parse(line))];

    public JsonElement[] Records { get; }

    public JsonElement Header => Records[0];

    public JsonElement End => Records[^1];

    public static RecordedTrace Read(string path) => new(File.ReadLines(path));

    /// <summary>What is whole of a trace that is still being written.</summary>
    public static RecordedTrace ReadWhole(string path)
    {
        string text = File.ReadAllText(path);
        return Parse(text[..(text.LastIndexOf('\n') + 1)]);
    }

    public static RecordedTrace Parse(string text) => new(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    public IEnumerable<JsonElement> OfType(string type) => Records.Where(record => record.Text("type") == type);

    public IEnumerable<JsonElement> Conns(string role, uint netns) =>
        OfType("conn").Where(conn => conn.Text("role") == role && conn.Number("netns") == netns);

    /// <summary>Fails unless the trace is whole: a header first, an end last, nothing lost.</summary>
    public void AssertWhole()
    {
        Assert.Equal("header", Header.Text("type"));
        Assert.Equal("end", End.Text("type"));
        Assert.Empty(OfType("lost"));
        Assert.All(End.GetProperty("lost").EnumerateObject(), place => Assert.Equal(0, place.Value.GetInt64()));
    }
}

internal static class RecordExtensions
{
    /// <summary>A field as text; null where it is absent.</summary>
    public static string? Text(this JsonElement record, string name) =>
        record.TryGetProperty(name, out JsonElement value) ? value.ToString() : null;

    /// <summary>A field as a number; null where it is absent.</summary>
    public static long? Number(this JsonElement record, string name) =>
        record.TryGetProperty(name, out JsonElement value) ? value.GetInt64() : null;
}

using System.Text;
using System.Text.Json;
using SockTrace.Events;

namespace SockTrace.Reading;

/// <summary>From a JSON value to what a field of the schema holds, or to an error that quotes it.</summary>
internal sealed class JsonFields
{
    private TimestampParser _times = new();
    private AddressParser _addresses = new();

    public long Time(ref Utf8JsonReader json, string name)
    {
        string text = Text(ref json, name);
        return _times.TryParse(Encoding.UTF8.GetBytes(text), out long unixNs)
            ? unixNs
            : throw new FieldException(name, text, "a time such as 2026-11-23T10:12:13.123456789Z");
    }

    public IpAddress Address(ref Utf8JsonReader json, string name) => Address(Text(ref json, name), name);

    public IpAddress Address(string text, string name) =>
        _addresses.TryParse(Encoding.UTF8.GetBytes(text), out IpAddress address)
            ? address
            : throw new FieldException(name, text, "an IP address");

    public static IpFamily Family(ref Utf8JsonReader json) => Text(ref json, "family") switch
    {
        "ipv4" => IpFamily.IPv4,
        "ipv6" => IpFamily.IPv6,
        string other => throw new FieldException("family", other, "ipv4 or ipv6"),
    };

    public static T Named<T>(ref Utf8JsonReader json, string name, NameTable<T> names)
        where T : struct, Enum
    {
        string text = Text(ref json, name);
        return names.TryParse(Encoding.UTF8.GetBytes(text), out T value)
            ? value
            : throw new FieldException(name, text, "one of the schema's names");
    }

    public static string Text(ref Utf8JsonReader json, string name) => json.TokenType == JsonTokenType.String
        ? json.GetString()!
        : throw new FieldException(name, Encoding.UTF8.GetString(json.ValueSpan), "a text");

    public static bool Truth(ref Utf8JsonReader json, string name) => json.TokenType is JsonTokenType.True or JsonTokenType.False
        ? json.GetBoolean()
        : throw new FieldException(name, Encoding.UTF8.GetString(json.ValueSpan), "true or false");

    public static long Number(ref Utf8JsonReader json, string name, long max = long.MaxValue) =>
        json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long value) && value >= 0 && value <= max
            ? value
            : throw new FieldException(name, Encoding.UTF8.GetString(json.ValueSpan), $"a whole number from 0 to {max}");

    public static long Number(JsonElement value, string name, long max = long.MaxValue) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= 0 && number <= max
            ? number
            : throw new FieldException(name, value.ToString(), $"a whole number from 0 to {max}");

    public static string Text(JsonElement value, string name) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new FieldException(name, value.ToString(), "a text");

    /// <summary>An object of counts, such as <c>{"ring":0,"kernel":3}</c>.</summary>
    public static List<(string Name, long Count)> Counts(ref Utf8JsonReader json, string name)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref json);
        return Counts(document.RootElement, name);
    }

    public static List<(string Name, long Count)> Counts(JsonElement value, string name) => value.ValueKind == JsonValueKind.Object
        ? [.. value.EnumerateObject().Select(count => (count.Name, Number(count.Value, name)))]
        : throw new FieldException(name, value.ToString(), "an object");
}

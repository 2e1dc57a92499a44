using System.Text.Json;

namespace SockTrace.Reading;

/// <summary>A field, or the line that it is in, is not what it should be.</summary>
internal sealed class FieldException : JsonException
{
    private const int MaxQuoted = 60;

    public FieldException(string message)
        : base(message)
    {
    }

    public FieldException(string name, string value, string expected)
        : base($"\"{name}\" is \"{value.AsSpan(0, Math.Min(value.Length, MaxQuoted))}\", not {expected}")
    {
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace SockTrace.Ports;

/// <summary>The budget as one line of JSON: the names of traces, absent where unknown.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PortBudget))]
internal sealed partial class PortsJson : JsonSerializerContext
{
    public static byte[] Write(PortBudget budget) => [.. JsonSerializer.SerializeToUtf8Bytes(budget, Default.PortBudget), (byte)'\n'];
}

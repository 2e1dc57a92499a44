using System.Text.Json;
using System.Text.Json.Serialization;

namespace SockTrace.Doctor;

/// <summary>The doctor's JSON: absent where unknown, as in reports.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(TimeWaitReport))]
internal sealed partial class DoctorJson : JsonSerializerContext
{
    public static byte[] Write(DoctorReport report) => [.. JsonSerializer.SerializeToUtf8Bytes(report, Default.DoctorReport), (byte)'\n'];

    public static byte[] Write(TimeWaitReport report) => [.. JsonSerializer.SerializeToUtf8Bytes(report, Default.TimeWaitReport), (byte)'\n'];
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace SockTrace.Reporting;

/// <summary>A report as JSON: the same names as in traces, absent where unknown.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(Comparison))]
[JsonSerializable(typeof(HtmlContent))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(double))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>Control characters, quotes and angle brackets are escaped: what is merely looked at, or put into a page, does nothing.</summary>
    public static byte[] Write(Report report) => JsonSerializer.SerializeToUtf8Bytes(report, Default.Report);

    public static byte[] Write(Comparison comparison) => JsonSerializer.SerializeToUtf8Bytes(comparison, Default.Comparison);
}

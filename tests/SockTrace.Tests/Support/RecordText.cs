using System.Reflection;
using System.Text;
using System.Text.Json;
using SockTrace.Reading;

namespace SockTrace.Tests.Support;

/// <summary>All that is in a record, as text: a field that is added is in it by itself.</summary>
internal static class RecordText
{
    private static readonly JsonSerializerOptions Options = new() { IncludeFields = true };

    public static string Of(TraceRecord record)
    {
        var text = new StringBuilder($"comm={Convert.ToHexString(record.Comm)}");
        for (int i = 0; i < record.States.Count; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $" {record.States.StateAt(i)}={record.States.Ns(record.States.StateAt(i))}");
        foreach (FieldInfo field in typeof(TraceRecord).GetFields())
        {
            if (field.Name != nameof(TraceRecord.States))
                text.Append('\n').Append(field.Name).Append('=').Append(JsonSerializer.Serialize(field.GetValue(record), Options));
        }
        return text.ToString();
    }
}

using System.Text;
using SockTrace.Host;

namespace SockTrace.Output;

/// <summary>The <c>header</c> of a trace: the first line of every file.</summary>
internal static class FirstLine
{
    public const int Schema = 1;

    /// <summary>More than all names and scalars take.</summary>
    private const int MaxScalars = 4096;

    public static byte[] Write(TraceHeader header, long unixNs)
    {
        byte[] filters = Encoding.UTF8.GetBytes(header.Filters);
        int texts = filters.Length + (header.Settings.ReservedPorts?.Length ?? 0);
        var line = new JsonLine(new byte[MaxScalars + (texts * 6)]);
        var times = new TimestampFormat();
        line.Raw("{\"type\":\"header\",\"ts\":"u8);
        line.Time(ref times, unixNs);
        line.Field(",\"schema\":"u8, Schema);
        WriteText(ref line, ",\"version\":"u8, header.Version);
        WriteText(ref line, ",\"host\":"u8, header.Host);
        WriteText(ref line, ",\"boot_id\":"u8, header.BootId);
        WriteText(ref line, ",\"kernel\":"u8, header.Kernel);
        WriteText(ref line, ",\"source\":"u8, header.Source);
        WriteText(ref line, ",\"time_wait\":"u8, header.TimeWait);
        if (filters.Length > 0)
        {
            line.Raw(",\"filters\":"u8);
            line.Text(filters);
        }
        NetworkSettings settings = header.Settings;
        WriteText(ref line, ",\"port_range\":"u8, settings.PortRange);
        WriteText(ref line, ",\"reserved_ports\":"u8, settings.ReservedPorts);
        WriteSetting(ref line, ",\"fin_timeout_s\":"u8, settings.FinTimeoutSeconds);
        WriteSetting(ref line, ",\"tw_reuse\":"u8, settings.TimeWaitReuse);
        WriteSetting(ref line, ",\"max_tw_buckets\":"u8, settings.MaxTimeWaitBuckets);
        line.Raw("}\n"u8);
        return line.Written.ToArray();
    }

    private static void WriteText(ref JsonLine line, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
            return;
        line.Raw(name);
        line.Text(Encoding.UTF8.GetBytes(value));
    }

    private static void WriteSetting(ref JsonLine line, ReadOnlySpan<byte> name, long? value)
    {
        if (value is long number)
            line.Field(name, number);
    }
}

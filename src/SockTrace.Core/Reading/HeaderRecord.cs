using System.Text.Json.Serialization;
using SockTrace.Host;

namespace SockTrace.Reading;

/// <summary>The first line of a trace. What it does not say is null.</summary>
internal sealed record HeaderRecord
{
    public int Schema { get; set; }
    public string? Version { get; set; }
    public string? Host { get; set; }
    public string? BootId { get; set; }
    public string? Kernel { get; set; }
    public string? Source { get; set; }

    /// <summary><c>measured</c> or <c>inferred</c>.</summary>
    public string? TimeWait { get; set; }

    public string? Filters { get; set; }
    public string? PortRange { get; set; }
    public string? ReservedPorts { get; set; }

    /// <summary>Ports to choose from; null where the header does not tell.</summary>
    [JsonIgnore]
    public PortRange? Ports => SockTrace.Host.PortRange.Parse(PortRange?.Replace('-', '\t'), ReservedPorts);

    [JsonPropertyName("fin_timeout_s")]
    public long? FinTimeoutSeconds { get; set; }

    [JsonPropertyName("tw_reuse")]
    public long? TimeWaitReuse { get; set; }

    [JsonPropertyName("max_tw_buckets")]
    public long? MaxTimeWaitBuckets { get; set; }

    [JsonIgnore]
    public TraceRun Run => new(Host, BootId, Version, Source, Filters);
}

namespace SockTrace.Reading;

/// <summary>What the headers of all files of a rotated trace have in common.</summary>
internal readonly record struct TraceRun(string? Host, string? BootId, string? Version, string? Source, string? Filters);

namespace SockTrace.Reporting;

/// <summary>The values of --format.</summary>
internal enum ReportFormat
{
    Text,
    Json,
    Html,

    /// <summary>A log of HdrHistogram, version 1.3.</summary>
    Hgrm,
}

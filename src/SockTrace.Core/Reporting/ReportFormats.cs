namespace SockTrace.Reporting;

/// <summary>The forms that a report can take.</summary>
internal static class ReportFormats
{
    /// <param name="builder">After <see cref="ReportBuilder.Finish"/>.</param>
    /// <param name="version">Of this program.</param>
    /// <returns>UTF-8.</returns>
    public static byte[] Write(ReportBuilder builder, string version, ReportFormat format) => format switch
    {
        ReportFormat.Json => ReportJson.Write(ReportMaker.Make(builder, version)),
        ReportFormat.Html => HtmlReport.Write(ReportMaker.Make(builder, version)),
        ReportFormat.Hgrm => HistogramLog.Write(builder),
        _ => TextReport.Write(ReportMaker.Make(builder, version)),
    };

    /// <param name="comparison">Two reports.</param>
    /// <param name="format">Text or JSON.</param>
    /// <returns>UTF-8.</returns>
    public static byte[] Write(Comparison comparison, ReportFormat format) =>
        format == ReportFormat.Json ? ReportJson.Write(comparison) : ComparisonText.Write(comparison);
}

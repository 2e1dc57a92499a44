namespace SockTrace.Reporting;

/// <summary>The forms that a report can take.</summary>
internal static class ReportFormats
{
    /// <param name="builder">After <see cref="ReportBuilder.Finish"/>.</param>
    /// <param name="version">Of this program.</param>
    /// <param name="format">text, json, html or hgrm.</param>
    /// <returns>UTF-8.</returns>
    public static byte[] Write(ReportBuilder builder, string version, string format) => format switch
    {
        "json" => ReportJson.Write(ReportMaker.Make(builder, version)),
        "html" => HtmlReport.Write(ReportMaker.Make(builder, version)),
        "hgrm" => HistogramLog.Write(builder),
        _ => TextReport.Write(ReportMaker.Make(builder, version)),
    };

    /// <param name="comparison">Two reports.</param>
    /// <param name="format">text or json.</param>
    /// <returns>UTF-8.</returns>
    public static byte[] Write(Comparison comparison, string format) =>
        format == "json" ? ReportJson.Write(comparison) : ComparisonText.Write(comparison);
}

using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SockTrace.Reporting;

/// <summary>
/// A report as one page that needs nothing else: Html/report.html with its styles, its scripts,
/// the chart library and the report as JSON put in. All else is done by the scripts.
/// </summary>
internal static partial class HtmlReport
{
    private static readonly Assembly Assembly = typeof(HtmlReport).Assembly;

    /// <returns>UTF-8.</returns>
    public static byte[] Write(Report report)
    {
        var page = new MemoryStream();
        string template = Encoding.UTF8.GetString(Part("report.html"));
        int written = 0;
        foreach (Match place in Places().Matches(template))
        {
            page.Write(Encoding.UTF8.GetBytes(template[written..place.Index]));
            page.Write(place.Groups[1].Value switch
            {
                "policy" => Encoding.UTF8.GetBytes(Policy()),
                "content" => Content(report),
                string part => Part(part),
            });
            written = place.Index + place.Length;
        }
        page.Write(Encoding.UTF8.GetBytes(template[written..]));
        return page.ToArray();
    }

    /// <summary>
    /// The page may run and use what this program embeds, going by its hash, and nothing else: not from
    /// elsewhere, and not what a name in a trace may hold.
    /// </summary>
    private static string Policy()
    {
        ILookup<string, string> hashes = Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Where(attribute => attribute.Key.StartsWith("html/", StringComparison.Ordinal))
            .ToLookup(attribute => Path.GetExtension(attribute.Key), attribute => $"'sha256-{attribute.Value}'");
        return $"default-src 'none'; script-src {string.Join(' ', hashes[".js"])}; style-src {string.Join(' ', hashes[".css"])}; "
            + "img-src data:; base-uri 'none'; form-action 'none'";
    }

    /// <summary>What the scripts read. As all JSON of reports it has no angle bracket, so it cannot end its element.</summary>
    private static byte[] Content(Report report)
    {
        var content = new MemoryStream();
        using (var writer = new Utf8JsonWriter(content))
            JsonSerializer.Serialize(writer, new HtmlContent(report, Metrics.All.ToDictionary(Metrics.Name, Metrics.Meaning)), ReportJson.Default.HtmlContent);
        return content.ToArray();
    }

    private static byte[] Part(string name)
    {
        using Stream part = Assembly.GetManifestResourceStream("html/" + name)!;
        byte[] bytes = new byte[part.Length];
        part.ReadExactly(bytes);
        return bytes;
    }

    [GeneratedRegex(@"\{\{([a-z.]+)\}\}")]
    private static partial Regex Places();
}

/// <summary>What a page shows.</summary>
/// <param name="Report">All of it.</param>
/// <param name="Meanings">Of the metrics, by name.</param>
internal sealed record HtmlContent(Report Report, IReadOnlyDictionary<string, string> Meanings);

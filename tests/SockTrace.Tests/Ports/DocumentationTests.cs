using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using SockTrace.Ports;

namespace SockTrace.Tests.Ports;

/// <summary>docs/ports.md names the fields of the JSON, all of them and no others.</summary>
public sealed partial class DocumentationTests
{
    [Theory]
    [InlineData(typeof(PortBudget), "## JSON")]
    [InlineData(typeof(NamespacePorts), "Each of `namespaces`:")]
    [InlineData(typeof(PoolPorts), "Each of `pools`:")]
    public void EveryFieldIsInTheDocumentationAndNoOther(Type type, string heading)
    {
        JsonTypeInfo info = PortsJson.Default.GetTypeInfo(type)!;
        Assert.Equal(info.Properties.Where(property => property.Get is not null).Select(property => property.Name).Order(), Documented(heading).Order());
    }

    [Fact]
    public void TheFieldsOfAListenerStandInItsRow()
    {
        JsonTypeInfo info = PortsJson.Default.GetTypeInfo(typeof(ListenerPort))!;
        string row = Documentation().Split('\n').Single(line => line.StartsWith("| `listeners` |", StringComparison.Ordinal));
        Assert.Equal(info.Properties.Select(property => property.Name), Name().Matches(row.Split('|')[2]).Select(match => match.Groups[1].Value));
    }

    /// <summary>The names in the first column of the table after a line.</summary>
    private static IEnumerable<string> Documented(string heading) => Documentation().Split('\n')
        .SkipWhile(line => line != heading).SkipWhile(line => !line.StartsWith('|')).TakeWhile(line => line.StartsWith('|'))
        .SelectMany(line => Name().Matches(line.Split('|')[1]).Select(match => match.Groups[1].Value));

    private static string Documentation([CallerFilePath] string thisFile = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "docs", "ports.md"));

    [GeneratedRegex("`([a-z0-9_]+)`")]
    private static partial Regex Name();
}

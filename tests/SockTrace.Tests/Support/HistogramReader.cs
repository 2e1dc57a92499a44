using System.Diagnostics;
using System.Text.Json;

namespace SockTrace.Tests.Support;

/// <summary>tests/hgrm: HdrHistogram logs, read by an implementation of other people's in another language.</summary>
internal static class HistogramReader
{
    private static readonly string Script = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Paths.BpfObject)!, "..", "hgrm", "read.js"));

    /// <summary>Skips the test where Node.js or the package is missing, and fails it in CI.</summary>
    public static void Require()
    {
        bool isThere = File.Exists(Script) && Array.Exists((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), folder => File.Exists(Path.Combine(folder, "node")));
        if (isThere)
            return;
        Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") is null, "needs node and out/hgrm: make out/hgrm/node_modules");
        Assert.Fail("CI reads HdrHistogram logs with Node.js");
    }

    /// <returns>The histograms in the order of the log.</returns>
    public static JsonElement[] Read(byte[] log)
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder.File("log"), log);
        using Process node = Process.Start(new ProcessStartInfo("node", [Script, folder.File("log")]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = node.StandardError.ReadToEndAsync();
        string output = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        Assert.True(node.ExitCode == 0, errors.Result);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
    }
}

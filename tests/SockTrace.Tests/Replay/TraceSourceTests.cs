using System.Runtime.CompilerServices;
using SockTrace.Reading;
using SockTrace.Replay;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Replay;

public sealed class TraceSourceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("orderly")]
    [InlineData("refused-and-reset")]
    public void AReplayedTraceMakesTheSameTrace(string name)
    {
        string[] original = File.ReadAllLines(Golden(name));
        Assert.NotEmpty(original);
        Assert.Equal(original, Replayed.Lines(Golden(name), _folder));
    }

    [Fact]
    public void AnEmptyFileCannotBeReplayed()
    {
        string path = _folder.File("empty");
        File.WriteAllText(path, "");
        var e = Assert.Throws<TraceException>(() => new TraceSource(path, 1, from: null, to: null, _ => { }));
        Assert.Contains("it is empty", e.Message, StringComparison.Ordinal);
    }

    private static string Golden(string name, [CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "Recorded", name + ".ndjson");
}

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

    [Theory]
    [InlineData(",\"pool\":4,\"taken\":4")]
    [InlineData(",\"taken\":3")]
    [InlineData(",\"pool\":4,\"taken\":0")]
    public void OfAConnectThatFoundNoPortTheNumbersAreThoseThatWereRecorded(string numbers)
    {
        string path = _folder.File("trace.ndjson");
        File.WriteAllLines(path, NoPortLeft(numbers));
        Assert.Equal(NoPortLeft(numbers), Replayed.Lines(path, _folder));
    }

    [Fact]
    public void AnEmptyFileCannotBeReplayed()
    {
        string path = _folder.File("empty");
        File.WriteAllText(path, "");
        var e = Assert.Throws<TraceException>(() => new TraceSource(path, 1, from: null, to: null, _ => { }));
        Assert.Contains("it is empty", e.Message, StringComparison.Ordinal);
    }

    private static string[] NoPortLeft(string numbers)
    {
        const string Socket = "\"id\":\"2f\",\"netns\":4026532000,\"family\":\"ipv4\",\"laddr\":\"127.0.0.1\",\"raddr\":\"127.0.0.1\",\"rport\":20250";
        const string Owner = "\"pid\":18615,\"comm\":\"python3\"";
        return
        [
            $$"""{"type":"state","ts":"2026-11-23T10:00:00.000000000Z","seq":1,{{Socket}},"old":"CLOSE","new":"SYN_SENT",{{Owner}},"owner_from":"connect"}""",
            $$"""{"type":"state","ts":"2026-11-23T10:00:00.000010000Z","seq":2,{{Socket}},"old":"SYN_SENT","new":"CLOSE","in_old_ns":10000,{{Owner}},"owner_from":"connect"}""",
            $$"""{"type":"port_exhausted","ts":"2026-11-23T10:00:00.000010000Z",{{Socket}},{{Owner}},"owner_from":"connect"{{numbers}}}""",
            $$"""{"type":"conn","ts":"2026-11-23T10:00:00.000010000Z",{{Socket}},"role":"client",{{Owner}},"uid":0,"owner_from":"connect","opened":"2026-11-23T10:00:00.000000000Z","lifetime_ns":10000,"states":{"SYN_SENT":10000},"close_reason":"port_exhausted"}""",
        ];
    }

    private static string Golden(string name, [CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "Recorded", name + ".ndjson");
}

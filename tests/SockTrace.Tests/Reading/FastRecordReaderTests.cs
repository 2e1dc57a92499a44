using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using SockTrace.Reading;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reading;

/// <summary>The fast reader and the JSON reader against each other, over all that the real sink writes.</summary>
public sealed class FastRecordReaderTests
{
    private static readonly string[] FastTypes = ["state", "conn", "time_wait"];

    private readonly FastRecordReader _fast = new();
    private readonly JsonRecordReader _json = new();
    private readonly TraceRecord _record = new(), _other = new();

    [Fact]
    public void BothReadersGiveTheSameForEveryRecordThatTheSinkWrites() =>
        Gen.Int.Sample(seed =>
        {
            foreach (string line in new RandomRecords(new Random(seed)).Lines(100))
            {
                string expected = ByJson(line);
                bool isPlain = FastTypes.Contains((string?)JsonNode.Parse(line)!["type"]) && Ascii.IsValid(line) && !line.Contains('\\', StringComparison.Ordinal);
                Assert.Equal(isPlain, _fast.TryRead(Encoding.UTF8.GetBytes(line), _record));
                if (isPlain)
                    Assert.Equal(expected, RecordText.Of(_record));
            }
        }, iter: 50, threads: 1);

    [Theory]
    [InlineData("orderly")]
    [InlineData("refused-and-reset")]
    public void ARecordedTraceIsReadTheFastWayThroughout(string name)
    {
        foreach (string line in File.ReadLines(Recorded(name)))
        {
            Assert.True(_fast.TryRead(Encoding.UTF8.GetBytes(line), _record), line);
            Assert.Equal(ByJson(line), RecordText.Of(_record));
        }
    }

    [Fact]
    public void FieldsInAnyOrderAndWithAnyWhitespaceAreTheSameRecord() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            foreach (string line in new RandomRecords(random).Lines(30))
            {
                string expected = ByJson(line), shuffled = Shuffled(line, random);
                Assert.Equal(expected, ByJson(shuffled));
                if (_fast.TryRead(Encoding.UTF8.GetBytes(shuffled), _record))
                    Assert.Equal(expected, RecordText.Of(_record));
            }
        }, iter: 100, threads: 1);

    [Theory]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":01,"id":"a","netns":1,"family":"ipv4","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":-1,"id":"a","netns":1,"family":"ipv4","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":1e3,"id":"a","netns":1,"family":"ipv4","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":1,"id":"a","netns":1,"family":"ipv4","new":"UNKNOWN","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":1,"id":"a","netns":4294967296,"family":"ipv4","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":1,"id":"a","netns":1,"family":"ipv4","lport":65536,"new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":1,"id":"A","netns":1,"family":"ipv4","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":1,"id":"","netns":1,"family":"ipv4","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:60.164780616Z","seq":1,"id":"a","netns":1,"family":"ipv4","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-02-29T13:22:54.164780616Z","seq":1,"id":"a","netns":1,"family":"ipv4","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":1,"id":"a","netns":1,"family":"ipv4","laddr":"127.0.0.01","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":1,"id":"a","netns":1,"family":"ipv4","laddr":"[::1]:80","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":1,"id":"a","netns":1,"family":"ipv4","laddr":"::1/64","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":1,"id":"a","netns":1,"family":"ipv4","laddr":"fe80::1%1","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":9223372036854775808,"id":"a","netns":1,"family":"ipv4","new":"CLOSE","owner_from":"close"}""")]
    [InlineData("""{"type":"conn","ts":"2026-11-23T13:22:54.164780616Z","id":"a","netns":1,"family":"ipv4","role":"client","owner_from":"close","close_reason":"closed","srtt_us":4294967296}""")]
    [InlineData("""{"type":"state","ts":"2026-11-23T13:22:54.164780616Z","seq":1,"id":"a","netns":1,"family":"ipv4","new":"CLOSE","owner_from":"close"} {}""")]
    public void WhatIsNoRecordIsNoneForEither(string line)
    {
        Assert.False(_fast.TryRead(Encoding.UTF8.GetBytes(line), _record), line);
        Assert.NotNull(_json.Read(Encoding.UTF8.GetBytes(line), _record));
    }

    [Fact]
    public void TheLargestNumbersAreTaken()
    {
        string line = $$"""{"type":"state","ts":"2261-12-31T23:59:59.999999999Z","seq":{{long.MaxValue}},"id":"ffffffffffffffff","netns":{{uint.MaxValue}},"family":"ipv4","new":"CLOSE","in_old_ns":999999999999999999,"pid":{{uint.MaxValue}},"owner_from":"close"}""";
        Assert.Contains($"Seq={long.MaxValue}", ByJson(line), StringComparison.Ordinal);
        Assert.True(_fast.TryRead(Encoding.UTF8.GetBytes(line.Replace($"{long.MaxValue}", "999999999999999999", StringComparison.Ordinal)), _record));
        Assert.Equal((ulong.MaxValue, 999_999_999_999_999_999), (_record.Id, _record.Seq));
    }

    /// <summary>What the JSON reader makes of a line that it must take.</summary>
    private string ByJson(string line)
    {
        Assert.True(_json.Read(Encoding.UTF8.GetBytes(line), _other) is null, line);
        // What the record held before must not show through.
        var fresh = new TraceRecord();
        Assert.Null(_json.Read(Encoding.UTF8.GetBytes(line), fresh));
        string text = RecordText.Of(_other);
        Assert.Equal(RecordText.Of(fresh), text);
        return text;
    }

    /// <summary>The same object with its members in random order, whitespace between all tokens, and a field that nobody knows.</summary>
    private static string Shuffled(string line, Random random)
    {
        string Space() => string.Concat(Enumerable.Range(0, random.Next(3)).Select(_ => " \t\r"[random.Next(3)]));
        JsonObject record = JsonNode.Parse(line)!.AsObject();
        var members = record.Select(member => $"\"{member.Key}\"{Space()}:{Space()}{member.Value!.ToJsonString()}").ToList();
        members.Add("\"unheard_of\":{\"type\":[1,null,{}]}");
        string[] shuffled = [.. members];
        random.Shuffle(shuffled);
        return $"{Space()}{{{string.Join(",", shuffled.Select(member => Space() + member + Space()))}}}{Space()}";
    }

    private static string Recorded(string name, [CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "Recorded", $"{name}.ndjson");
}

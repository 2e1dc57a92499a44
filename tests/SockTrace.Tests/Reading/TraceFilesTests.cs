using SockTrace.Reading;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reading;

public sealed class TraceFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void APatternGivesItsFilesByNameAndNoFolder()
    {
        foreach (string name in (string[])["b.ndjson", "a.ndjson", "c.txt"])
            File.WriteAllText(_folder.File(name), "");
        Directory.CreateDirectory(_folder.File("d.ndjson"));
        Assert.Equal([_folder.File("a.ndjson"), _folder.File("b.ndjson")], TraceFiles.Expand([_folder.File("*.ndjson")]));
        Assert.Equal([_folder.File("c.txt")], TraceFiles.Expand([_folder.File("?.txt")]));
    }

    [Fact]
    public void AFileThatLooksLikeAPatternIsThatFile()
    {
        File.WriteAllText(_folder.File("a*"), "");
        File.WriteAllText(_folder.File("ab"), "");
        Assert.Equal([_folder.File("a*")], TraceFiles.Expand([_folder.File("a*")]));
    }

    [Fact]
    public void WhatIsGivenTwiceIsReadOnce()
    {
        File.WriteAllText(_folder.File("a"), "");
        Assert.Equal([_folder.File("a"), "-"], TraceFiles.Expand([_folder.File("a"), "-", _folder.File("?"), "-"]));
    }

    [Theory]
    [InlineData("none*")]
    [InlineData("no-folder/*")]
    public void APatternThatFitsNothingIsAnError(string pattern)
    {
        TraceException e = Assert.Throws<TraceException>(() => TraceFiles.Expand([_folder.File(pattern)]).ToArray());
        Assert.Equal($"cannot read {_folder.File(pattern)}: no file fits this pattern", e.Message);
    }

    [Fact]
    public void OlderHeadersComeFirst()
    {
        string c = Trace("c", second: 30), a = Trace("a", second: 10), b = Trace("b", second: 20);
        Assert.Equal([a, b, c], TraceFiles.InOrder([c, a, b]));
    }

    [Fact]
    public void FilesOfOneTracerStayTogetherWhereTwoHostsWereRotatedAtTheSameTime()
    {
        string web1 = Trace("web1", 10, "web"), web2 = Trace("web2", 20, "web"), db1 = Trace("db1", 11, "db"), db2 = Trace("db2", 21, "db");
        Assert.Equal([web1, web2, db1, db2], TraceFiles.InOrder([db2, web2, db1, web1]));
    }

    [Fact]
    public void WhatHasNoHeaderStaysBehindWhatStandsBeforeIt()
    {
        string late = Trace("late", 30), early = Trace("early", 10), headless = _folder.File("headless");
        File.WriteAllText(headless, "not a trace\n");
        Assert.Equal([early, "-", late, headless, _folder.File("missing")], TraceFiles.InOrder([late, headless, _folder.File("missing"), early, "-"]));
    }

    private string Trace(string name, int second, string host = "db1")
    {
        File.WriteAllText(_folder.File(name), new TraceText(host).Header(atSeconds: second).ToString());
        return _folder.File(name);
    }
}

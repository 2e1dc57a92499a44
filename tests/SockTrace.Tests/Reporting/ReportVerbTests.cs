using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reporting;

/// <summary>The binary itself: exit codes, what is said where, and every way in which a trace can come.</summary>
public sealed class ReportVerbTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public ReportVerbTests()
    {
        Write("good", new TraceText().Header().Conn(1, "a").TimeWait(61, "a").End(70));
        Write("other", new TraceText("web", "b").Header(5).Conn(6, "a").End(70));
        Write("empty", new TraceText());
        Write("foreign", new TraceText().Raw("{\"type\":\"Feature\"}").Raw("{\"type\":\"Point\",\"ts\":3}"));
        Write("prose", new TraceText().Raw("Dear Sir,").Raw("").Raw("how are you?"));
        Write("newer", new TraceText().Header(schema: 2).Conn(1, "a").End(70));
        Write("damaged", new TraceText().Header().Raw("{\"type\":").Conn(1, "a").End(70));
        File.WriteAllText(_folder.File("torn"), new TraceText().Header().Conn(1, "a") + "{\"type\":\"end");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"$S\" report good", 0, "closed 1,", "")]
    [InlineData("\"$S\" report good other", 0, "closed 2,", "")]
    [InlineData("\"$S\" report 'goo*'", 0, "closed 1,", "")]
    [InlineData("\"$S\" report - <good", 0, "standard input: 4 lines", "")]
    [InlineData("cat good other | \"$S\" report -", 0, "closed 2,", "")]
    [InlineData("\"$S\" report other - <good", 0, "closed 2,", "")]
    [InlineData("\"$S\" report <(cat good)", 0, "closed 1,", "")]
    [InlineData("\"$S\" report <(cat good) <(cat other)", 0, "closed 2,", "")]
    [InlineData("mkfifo f; cat good >f & \"$S\" report other f", 0, "closed 2,", "")]
    [InlineData("\"$S\" report <(gzip <good) <(zstd -q <other)", 0, "closed 2,", "")]
    [InlineData("gzip -k good; zstd -q other; \"$S\" report good.gz other.zst", 0, "closed 2,", "")]
    [InlineData("gzip <good | head -c 60 | \"$S\" report -", 1, "", "socktrace: standard input:1: the compressed data end here: they were cut off, or are damaged\nsocktrace: standard input: no line of it is a record: not a trace\n")]
    [InlineData("\"$S\" report empty", 1, "", "socktrace: empty: it is empty: not a trace\n")]
    [InlineData("\"$S\" report /dev/null", 1, "", "socktrace: /dev/null: it is empty: not a trace\n")]
    [InlineData("\"$S\" report foreign", 1, "", "socktrace: foreign: no line of it is a record: not a trace\n")]
    [InlineData("\"$S\" report prose", 1, "", "socktrace: prose:1: not JSON at byte 1\nsocktrace: prose:3: not JSON at byte 1\nsocktrace: prose: no line of it is a record: not a trace\n")]
    [InlineData("\"$S\" report missing", 1, "", "socktrace: cannot open missing: no such file\n")]
    [InlineData("\"$S\" report 'missing*'", 1, "", "socktrace: cannot read missing*: no file fits this pattern\n")]
    [InlineData("mkdir d; \"$S\" report d", 1, "", "socktrace: cannot open d: it is a folder\n")]
    [InlineData("\"$S\" report missing good empty", 1, "closed 1,", "socktrace: cannot open missing: no such file\nsocktrace: empty: it is empty: not a trace\n")]
    [InlineData("\"$S\" report damaged", 0, "1 line of 4 could not be read", "socktrace: damaged:2: not JSON at byte 9\n")]
    [InlineData("\"$S\" report torn", 0, "torn ends within a line", "socktrace: torn:3: the last line has no end: it was cut off, or is being written\n")]
    [InlineData("\"$S\" report newer", 0, "newer is of schema 2", "")]
    [InlineData("\"$S\" report good --by host", 0, "By host", "")]
    [InlineData("\"$S\" report good -o out; cat out", 0, "closed 1,", "")]
    [InlineData("touch out; timeout 5 \"$S\" report - -o out < <(sleep 20 >/dev/null 2>&1)", 1, "", "socktrace: cannot create out: it exists (--force overwrites it)\n")]
    [InlineData("timeout 5 \"$S\" report - -o no/out < <(sleep 20 >/dev/null 2>&1)", 1, "", "socktrace: cannot create no/out: its folder does not exist\n")]
    [InlineData("touch out; \"$S\" report good -o out", 1, "", "socktrace: cannot create out: it exists (--force overwrites it)\n")]
    [InlineData("touch out; \"$S\" report good -o out --force; cat out", 0, "closed 1,", "")]
    [InlineData("\"$S\" report good >/dev/full", 1, "", "socktrace: cannot write to standard output: no space left on device\n")]
    [InlineData("\"$S\" report good --compare", 2, "", "socktrace: --compare: 1 given; name two traces, before and after\n")]
    [InlineData("\"$S\" report good other --compare", 0, "before and after", "")]
    [InlineData("\"$S\" report good other --compare --format hgrm", 2, "", "socktrace: --format hgrm: a comparison is text or json\n")]
    [InlineData("\"$S\" report good --format pdf", 2, "", "socktrace: --format pdf: not text, json, html or hgrm\n")]
    [InlineData("\"$S\" report good --by colour", 2, "", "socktrace: --by colour: not destination, process, netns or host\n")]
    [InlineData("\"$S\" report", 2, "", null)]
    public void EachWayEndsAsItShould(string line, int exitCode, string output, string? errors)
    {
        (int actualCode, string actualOutput, string actualErrors) = Piped.Run($"cd \"$T\" && {{ {line}; }}", _folder);
        Assert.Equal(errors ?? actualErrors, actualErrors);
        Assert.Equal(exitCode, actualCode);
        Assert.Contains(output, actualOutput, StringComparison.Ordinal);
        Assert.Equal(output.Length > 0, actualOutput.Length > 0);
        Assert.NotEqual(exitCode == 0 || actualErrors.Length > 0, actualErrors.Contains(" at ", StringComparison.Ordinal) && actualErrors.Contains(".cs", StringComparison.Ordinal));
    }

    [Fact]
    public void AReaderThatGoesAwayEndsItQuietly()
    {
        (int exitCode, string output, string errors) = Piped.Run("cd \"$T\"; \"$S\" report good --format json | head -n 1; exit ${PIPESTATUS[0]}", _folder);
        Assert.Equal((0, "{\n", ""), (exitCode, output, errors));
    }

    [Fact]
    public void WhoMayNotReadATraceIsToldSo()
    {
        Support.Live.RequireRoot();
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(_folder.File("good"), UnixFileMode.UserRead);
        (int exitCode, _, string errors) = Piped.Run("cp \"$S\" \"$T/socktrace\"; chmod 755 \"$T/socktrace\"; cd \"$T\"; setpriv --reuid nobody ./socktrace report good", _folder);
        Assert.Equal((1, "socktrace: cannot open good: permission denied\n"), (exitCode, errors));

        (exitCode, _, errors) = Piped.Run("cd \"$T\"; mkdir -m 700 hidden; setpriv --reuid nobody ./socktrace report 'hidden/*'", _folder);
        Assert.Equal((1, "socktrace: cannot read hidden/*: may not look into hidden: permission denied\n"), (exitCode, errors));
    }

    [Fact]
    public void ManyDamagedLinesAreToldOnceAndCounted()
    {
        File.WriteAllText(_folder.File("ruin"), new TraceText().Header() + string.Concat(Enumerable.Repeat("x\n", 1000)) + new TraceText().Conn(1, "a").End(70));
        (int exitCode, string output, string errors) = Piped.Run("cd \"$T\"; \"$S\" report ruin", _folder);
        Assert.Equal(0, exitCode);
        Assert.Equal(11, errors.Count(c => c == '\n'));
        Assert.EndsWith("socktrace: ruin: there are more such lines; the report counts them\n", errors, StringComparison.Ordinal);
        Assert.Contains("1000 lines of 1003 could not be read", output, StringComparison.Ordinal);
    }

    [Fact]
    public void ALineOfAHundredMegabytesTakesNoMoreMemoryThanAnyTrace()
    {
        const string Line = "{ cat good; head -c 100000000 /dev/zero | tr '\\0' x; echo; cat other; } | /usr/bin/env time -f %M \"$S\" report --format json - | grep -cx '    \"closed\": 2,'";
        (int exitCode, string output, string errors) = Piped.Run($"cd \"$T\"; {Line}", _folder);
        Assert.Equal((0, "1\n"), (exitCode, output));
        string[] lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("socktrace: standard input:5: longer than 16 MiB", lines[0]);
        Assert.InRange(long.Parse(lines[^1], System.Globalization.CultureInfo.InvariantCulture), 1, 200 * 1024);
    }

    private void Write(string name, TraceText trace) => File.WriteAllText(_folder.File(name), trace.ToString());
}

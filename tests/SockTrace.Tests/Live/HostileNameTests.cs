using System.Globalization;
using System.Text;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>A process may call itself anything (PR_SET_NAME), and its name stands in every output.</summary>
public sealed class HostileNameTests
{
    private const int NameLength = 15, Ports = 6;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    [Fact]
    public void NoNameDrivesATerminalOrBreaksARecord()
    {
        Support.Live.RequireRoot();
        byte[][] names =
        [
            [.. "\e[2J\e[31mred"u8],
            [.. "a\"b\\c\",\"pid\":1"u8],
            [.. "two\nlines\r\t\b\a"u8],
            [0xff, 0xfe, 0xc3, (byte)'(', 0xed, 0xa0, 0x80, 0xf5], // no UTF-8 at all, a surrogate, too large
            [.. "eleven bytes"u8, 0xe2, 0x82], // the kernel has cut a character
            [0x9b, .. "1m"u8, 0xc2, 0x9b, .. "1m"u8, 0x7f], // CSI as a byte and as a character, DEL
            [.. "\u202efdp.exe"u8],
            [.. "\e]0;title\e\\"u8],
        ];
        using var netns = new TestNamespace();
        using var folder = new TempFolder();
        string path = folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("live", "--export", path, "--netns", $"{netns.Inode}", "--stats-interval", "1s");
        using var scenario = new Scenario("under_names", netns);
        scenario.Start();
        scenario.Input([.. names.SelectMany(name => name.Concat(new byte[NameLength - name.Length]))]);
        scenario.WaitForEnd();
        netns.WaitUntilQuiet();
        socktrace.Terminate();
        using var lines = new MemoryStream();
        socktrace.Output.BaseStream.CopyTo(lines);
        Assert.Equal(0, socktrace.WaitForExit());

        string seen = Strict.GetString(lines.ToArray()), recorded = Strict.GetString(File.ReadAllBytes(path));
        Assert.DoesNotContain(seen, c => c != '\n' && IsInvisible(c));
        Assert.DoesNotContain(recorded, c => c != '\n' && char.IsControl(c));
        Assert.Contains(@" \x1b[2J\x1b[31mred ", seen, StringComparison.Ordinal);
        Assert.Equal(names.Length - Ports, seen.Split("NO PORT LEFT").Length - 1);

        var trace = RecordedTrace.Parse(recorded);
        trace.AssertWhole();
        Assert.Equal(names.Select(Encoding.UTF8.GetString),
            trace.OfType("state").Where(state => state.Text("new") == "SYN_SENT").Select(state => state.Text("comm")!));
        Assert.Equal(names[Ports..].Select(Encoding.UTF8.GetString), trace.OfType("port_exhausted").Select(record => record.Text("comm")!));
        Assert.All(trace.Records.Where(record => record.Text("comm") is not null), record =>
            Assert.Equal(scenario.Pid, record.Number("pid")));
    }

    private static bool IsInvisible(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}

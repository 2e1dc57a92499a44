using System.Text;
using SockTrace.Screen;
using Spectre.Console;
using Canvas = SockTrace.Screen.Canvas;

namespace SockTrace.Tests.Screen;

public sealed class ThemeTests
{
    [Theory]
    [InlineData("vt100", null, ColorSystem.NoColors)]
    [InlineData("vt220", "", ColorSystem.NoColors)]
    [InlineData("xterm-mono", null, ColorSystem.NoColors)]
    [InlineData("xterm", null, ColorSystem.Legacy)]
    [InlineData("xterm-color", null, ColorSystem.Legacy)]
    [InlineData("linux", null, ColorSystem.Legacy)]
    [InlineData("screen", null, ColorSystem.Legacy)]
    [InlineData(null, null, ColorSystem.Legacy)]
    [InlineData("xterm-16color", null, ColorSystem.Standard)]
    [InlineData("tmux-256color", null, ColorSystem.Standard)]
    [InlineData("xterm", "truecolor", ColorSystem.Standard)]
    [InlineData("vt100", "24bit", ColorSystem.Standard)]
    public void ATerminalsNameAndCOLORTERMSayHowManyColoursItHas(string? term, string? colorTerm, ColorSystem expected)
    {
        Assert.Equal(expected, Theme.ColoursOf(noColor: null, colorTerm, term));
        Assert.Equal(expected, Theme.ColoursOf(noColor: "", colorTerm, term)); // https://no-color.org: where it is not empty
        Assert.Equal(ColorSystem.NoColors, Theme.ColoursOf(noColor: "1", colorTerm, term));
    }

    [Theory]
    [InlineData("vt100", "1;7")]
    [InlineData("xterm", "1;37;41")]
    [InlineData("xterm-256color", "1;97;41")]
    public void NoMoreColoursAreSentThanThereAre(string term, string banner)
    {
        var canvas = new Canvas(20, Enum.GetValues<Ink>().Length);
        canvas.Clear();
        foreach (Ink ink in Enum.GetValues<Ink>())
            canvas.Text(0, (int)ink, $"{ink}", ink);
        var capabilities = new AnsiCapabilities { Ansi = true, ColorSystem = Theme.ColoursOf(noColor: null, colorTerm: null, term) };
        string frame = Encoding.UTF8.GetString(new FrameEncoder(capabilities).Encode(null, canvas));
        Assert.Contains($"\e[{banner}mBanner", frame, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\e\[([0-9;]*;)?[34]8;", frame); // one of 256, ECMA-48's SGR
        Assert.Equal(term != "vt100", frame.Contains("\e[32mGood", StringComparison.Ordinal));
    }
}

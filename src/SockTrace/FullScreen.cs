using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Screen;

namespace SockTrace;

/// <summary>The full screen of `live` and `replay`.</summary>
internal static class FullScreen
{
    /// <param name="labels">Its first line.</param>
    /// <param name="filter">What is to be shown.</param>
    /// <param name="clock">Of the source's times.</param>
    /// <param name="stop">Ends the run.</param>
    /// <param name="staysAtEnd">Whether it stays until somebody quits.</param>
    /// <returns>Null where there is no terminal.</returns>
    public static ScreenSink? TryOpen(
        ScreenLabels labels, TraceFilter filter, WallClock clock, CancellationTokenSource stop, bool staysAtEnd)
    {
        var glyphs = Glyphs.OfLocale();
        if (TerminalScreen.TryOpen(glyphs == Glyphs.Ascii, stop.Cancel) is not { } screen)
        {
            if (!Console.IsOutputRedirected)
                Terminal.Say($"no full screen, but lines: {WhyNone()}");
            return null;
        }
        Terminal.Redirect(screen.Say);
        return new ScreenSink(screen, glyphs, labels, clock, TimeZoneInfo.Local, filter, stop.Cancel, staysAtEnd, stop.Token);
    }

    /// <summary>On a terminal, that is.</summary>
    private static string WhyNone() => Console.IsInputRedirected
        ? "standard input is no terminal, so no key could be read"
        : $"a terminal of type '{Environment.GetEnvironmentVariable("TERM")}' (TERM) takes no escape sequences";
}

namespace SockTrace.Screen;

/// <summary>What the keys do, and what the words mean.</summary>
internal sealed class HelpView(Glyphs glyphs) : View
{
    private static readonly (string Key, string Meaning)[] Lines =
    [
        ("1 to 6, tab", "the pages"),
        ("up/down", "move; also pgup, pgdn, home, end. What is selected stays so"),
        ("left/right", "sort by another column; i turns the order round"),
        ("enter", "follow a connection; a pool's or a process's connections"),
        ("esc", "back; or show all again, without the filter"),
        ("/", "filter as you type: port:3306 comm:php* state:TIME_WAIT"),
        ("", "names as the options', and state, role; or any text"),
        ("p", "pause and go on; tracing never pauses"),
        ("r", "reset: rates, pools, processes and latencies count from now on"),
        ("e", "export what the page shows, all rows, tab-separated"),
        ("q, ctrl-c", "quit"),
        ("", ""),
        ("pool", "the local ports usable toward one address and port"),
        ("taken", "of them: connections and what they left in TIME_WAIT"),
        ("opens", "connect()s, those that fail as well"),
        ("empty in", "when none is left, if it goes on as now"),
        ("bears", "connections a second that it bears for ever: ports / 60 s"),
        ("TIME_WAIT", "60 s, for the side that closes first. tcp_fin_timeout is"),
        ("", "about something else, and lowering it does not help"),
        ];

    public override string Title => "Help";

    public override string Keys => "esc back";

    public override void Look(Snapshot now)
    {
    }

    public override void Draw(Canvas canvas, int top, int bottom)
    {
        const int KeyWidth = 15;
        int y = top;
        foreach ((string key, string meaning) in Lines)
        {
            if (y >= bottom)
                break;
            string shown = glyphs == Glyphs.Ascii ? key : key.Replace("up/down", "↑ ↓", StringComparison.Ordinal).Replace("left/right", "← →", StringComparison.Ordinal);
            canvas.Text(1, y, shown, Ink.Strong, KeyWidth - 1);
            canvas.Text(KeyWidth + 1, y++, meaning);
        }
    }
}

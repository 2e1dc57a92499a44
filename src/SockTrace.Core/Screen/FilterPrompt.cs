using SockTrace.Filters;

namespace SockTrace.Screen;

/// <summary>The line that a filter is typed into; it counts while it is typed.</summary>
internal sealed class FilterPrompt
{
    private string _error = "";
    private string _opened = "";
    private bool _isEntered;

    public bool IsOpen { get; private set; }

    public string Text { get; private set; } = "";

    public FilterWords Words { get; private set; } = FilterWords.None;

    public void Open() => (IsOpen, _opened) = (true, Text);

    public void Clear() => Set("");

    public void Set(string text)
    {
        Text = text;
        _error = FilterWords.Parse(text, out FilterWords words) ?? "";
        Words = words;
    }

    public void OnKey(ConsoleKeyInfo key)
    {
        _isEntered = false;
        switch (key.Key)
        {
            case ConsoleKey.Enter when _error.Length > 0:
                _isEntered = true;
                return;
            case ConsoleKey.Enter:
                IsOpen = false;
                break;
            case ConsoleKey.Escape:
                IsOpen = false;
                Set(_opened);
                break;
            case ConsoleKey.Backspace when Text.Length > 0:
                Set(Text[..^1]);
                break;
            case ConsoleKey.U when key.Modifiers.HasFlag(ConsoleModifiers.Control):
                Clear();
                break;
            default:
                if (!char.IsControl(key.KeyChar))
                    Set(Text + key.KeyChar);
                break;
        }
    }

    /// <param name="names">The words that mean something on the page that is shown.</param>
    public void Draw(Canvas canvas, int y, string names)
    {
        int x = canvas.Text(1, y, "/", Ink.Strong);
        x = canvas.Text(x, y, Text, Ink.Strong);
        x = canvas.Text(x, y, " ", Ink.Selected);
        string unused = Words.NotOn(names);
        if (_error.Length > 0)
            canvas.Text(x + 2, y, _error, _isEntered || Text.EndsWith(' ') ? Ink.Alarm : Ink.Dim); // of a word that is still being typed it is a hint
        else if (unused.Length > 0)
            canvas.Text(x + 2, y, $"not on this page: {unused}", Ink.Warning);
        else
            canvas.Text(x + 2, y, Text.Length == 0 ? $"{names.Replace(" ", ": ", StringComparison.Ordinal)}: or any text" : "enter: keep  esc: as before", Ink.Dim);
    }
}

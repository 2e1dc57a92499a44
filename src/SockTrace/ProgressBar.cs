using System.Globalization;

namespace SockTrace;

/// <summary>How far something is, on standard error: in place on a terminal, elsewhere a line now and then.</summary>
internal sealed class ProgressBar(string name) : IDisposable
{
    private const int Width = 40;
    private const long SecondNs = 1_000_000_000, LineIntervalNs = 15 * SecondNs;

    private readonly bool _isInPlace = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
    private string _shown = "";
    private long _nextLineNs;

    /// <param name="doneNs">What has passed, nanoseconds.</param>
    /// <param name="wholeNs">Of this; it may pass.</param>
    public void Show(long doneNs, long wholeNs)
    {
        string far = string.Create(CultureInfo.InvariantCulture, $"{doneNs / SecondNs} s of {(wholeNs + (SecondNs / 2)) / SecondNs} s");
        if (_isInPlace)
        {
            int filled = (int)(Math.Min(doneNs, wholeNs) * Width / Math.Max(1, wholeNs));
            Draw($"{name} [{new string('#', filled)}{new string('.', Width - filled)}] {far}");
        }
        else if (doneNs >= _nextLineNs)
        {
            Terminal.Say($"{name}: {far}");
            _nextLineNs += LineIntervalNs;
        }
    }

    /// <summary>Takes it off the screen.</summary>
    public void Clear()
    {
        if (_shown.Length > 0)
            Draw("");
        _shown = "";
    }

    public void Dispose() => Clear();

    private void Draw(string line)
    {
        if (line == _shown)
            return;
        Terminal.Draw($"\r{line.PadRight(_shown.Length)}{(line.Length == 0 ? "\r" : "")}");
        _shown = line;
    }
}

using System.Text;

namespace SockTrace.Tests.Support;

/// <summary>
/// A file of screens, one after the other, as keys lead from one to the next. Where REWRITE_SCREENS is set it is
/// written anew, from what is on the screen when it rests.
/// </summary>
internal sealed class ScreenStory
{
    private static readonly bool IsRewritten = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("REWRITE_SCREENS"));

    private readonly string _path;
    private readonly Dictionary<string, string> _screens = [];
    private readonly StringBuilder _written = new();

    /// <param name="path">In the repository.</param>
    public ScreenStory(string path)
    {
        _path = Paths.InRepository(path);
        if (IsRewritten)
            return;
        foreach (string part in ("\n" + File.ReadAllText(_path)).Split("\n=== ")[1..])
        {
            int end = part.IndexOf('\n', StringComparison.Ordinal);
            _screens.Add(part[..end], part[(end + 1)..].TrimEnd('\n'));
        }
    }

    /// <summary>Waits until the screen is as the story tells.</summary>
    public void Tell(string name, Func<string> capture)
    {
        if (IsRewritten)
        {
            _written.Append($"=== {name}\n{AtRest(capture)}\n\n");
            return;
        }
        string expected = _screens[name], actual = "";
        Eventually.IsSo(
            () => (actual = capture().TrimEnd('\n')) == expected,
            () => $"{name} of {_path}, as it should be:\n{expected}\nAs it is:\n{actual}");
    }

    /// <summary>All has been told.</summary>
    public void End()
    {
        if (IsRewritten)
            File.WriteAllText(_path, _written.ToString());
    }

    /// <summary>Nothing tells when a screen is as it will stay: whoever rewrites looks at the difference.</summary>
    private static string AtRest(Func<string> capture)
    {
        string last = "";
        for (int alike = 0; alike < 10;)
        {
            string now = capture().TrimEnd('\n');
            alike = now == last ? alike + 1 : 0;
            last = now;
            Thread.Sleep(50);
        }
        return last;
    }
}

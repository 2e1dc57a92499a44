using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SockTrace.Tests.Support;

/// <summary>
/// A terminal as a person has it: a tmux server of its own with one pane, and in it a shell that is dash or
/// another plain sh, which, unlike bash, leaves the terminal's settings as it finds them.
/// </summary>
internal sealed class TmuxTerminal : IDisposable
{
    /// <summary>What the shell writes when it waits for a command.</summary>
    public const string Prompt = "ready> ";

    private readonly TempFolder _folder = new();
    private int _settings;

    /// <param name="width">Columns.</param>
    /// <param name="height">Lines.</param>
    /// <param name="environment">Of the shell, such as <c>NO_COLOR=1</c>. It has besides only PATH, TERM, UTC as its zone and a UTF-8 locale.</param>
    public TmuxTerminal(int width, int height, params string[] environment)
    {
        string variables = string.Join(' ', environment.Select(variable => $"'{variable}'"));
        // No configuration of whoever runs the tests. tmux gives TERM.
        Tmux("-f", "/dev/null", "-u", "new-session", "-d", "-x", $"{width}", "-y", $"{height}", "-c", _folder.Path,
            $"exec env -i PATH=\"$PATH\" TERM=\"$TERM\" TZ=UTC LC_ALL=C.UTF-8 PS1='{Prompt}' {variables} sh -i");
        Eventually.IsSo(() => Capture().StartsWith(Prompt.TrimEnd(), StringComparison.Ordinal), () => $"no shell: {Capture()}");
    }

    /// <summary>The screen as it is now: its lines, without the blanks at their ends.</summary>
    public string Capture() => Tmux("capture-pane", "-p");

    /// <summary>The same with the escape sequences that colour it.</summary>
    public string CaptureWithStyles() => Tmux("capture-pane", "-p", "-e");

    /// <summary>Something tmux knows of the pane, such as <c>alternate_on</c>.</summary>
    public string Is(string variable) => Tmux("display-message", "-p", $"#{{{variable}}}").Trim();

    /// <summary>Presses keys, by tmux's names of them: <c>Down</c>, <c>C-c</c>, <c>2</c>.</summary>
    public void Press(params string[] keys) => Tmux(["send-keys", .. keys]);

    public void Type(string text) => Tmux("send-keys", "-l", text);

    /// <summary>Types a command into the shell.</summary>
    public void Run(string command)
    {
        Type(command);
        Press("Enter");
    }

    public void Resize(int width, int height) => Tmux("resize-window", "-x", $"{width}", "-y", $"{height}");

    /// <summary>From now on every byte that goes to the terminal goes to this file too.</summary>
    public void CopyTo(string path) => Tmux("pipe-pane", $"exec cat >'{path}'");

    /// <summary>Waits until the screen is so.</summary>
    /// <returns>The screen.</returns>
    public string Shows(Func<string, bool> isSo) => Eventually.Gives(() => Capture() is var screen && isSo(screen) ? screen : null, () => $"did not come:\n{Capture()}");

    /// <summary>Waits until the screen shows all of this.</summary>
    public string Shows(params string[] texts) => Shows(screen => texts.All(text => screen.Contains(text, StringComparison.Ordinal)));

    /// <summary>Waits until one of its lines is so.</summary>
    public void ShowsLine(string pattern) => Eventually.IsSo(
        () => Capture().Split('\n').Any(line => Regex.IsMatch(line, pattern)), () => $"no line was as {pattern}:\n{Capture()}");

    /// <summary>What stty(1) says of it; the shell must be waiting for a command.</summary>
    public string Settings()
    {
        string file = _folder.File($"settings{_settings++}");
        Run($"stty -a >'{file}.part'; mv '{file}.part' '{file}'");
        Eventually.Soon(() => File.Exists(file));
        return File.ReadAllText(file);
    }

    /// <summary>The process that has the terminal: the shell, or what it runs.</summary>
    public int ForegroundProcess()
    {
        // proc_pid_stat(5): the eighth field, tpgid; the sixth of those after the name in brackets.
        string stat = File.ReadAllText($"/proc/{Is("pane_pid")}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[5], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        Tmux("kill-server");
        _folder.Dispose();
    }

    private string Tmux(params string[] arguments)
    {
        using Process tmux = Process.Start(new ProcessStartInfo("tmux", ["-S", _folder.File("tmux"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TERM"] = "xterm-256color", ["LC_ALL"] = "C.UTF-8" },
        })!;
        Task<string> errors = tmux.StandardError.ReadToEndAsync();
        string output = tmux.StandardOutput.ReadToEnd();
        tmux.WaitForExit();
        Assert.True(tmux.ExitCode == 0, $"tmux {string.Join(' ', arguments)}: {errors.Result}");
        return output;
    }
}

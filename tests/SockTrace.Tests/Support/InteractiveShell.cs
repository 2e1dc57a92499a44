using System.Diagnostics;
using System.Text;

namespace SockTrace.Tests.Support;

/// <summary>A shell on a terminal, as a person has it: keys go in, and what comes out is what the screen gets.</summary>
internal sealed class InteractiveShell : IDisposable
{
    private const string Prompt = "ready> ";

    private readonly Process _script;
    private readonly StringBuilder _screen = new();

    /// <param name="command">The shell; script(1) gives it its terminal.</param>
    /// <param name="folder">Where it works; <c>$T</c> in it.</param>
    /// <param name="setUp">Commands that it gets first. A function <c>socktrace</c> that shows its arguments stands for the program.</param>
    public InteractiveShell(string command, string folder, string setUp)
    {
        _script = Process.Start(new ProcessStartInfo("script", ["-qefc", $"stty cols 300; exec env PS1='{Prompt}' {command}", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = folder,
            Environment = { ["TERM"] = "dumb", ["T"] = folder, ["HOME"] = folder },
        })!;
        _ = Task.Run(Read);
        WaitFor(Prompt);
        Type(setUp + "\n");
        Type("socktrace() { printf '<%s>' \"$@\"; echo; }\n");
        Settle();
    }

    /// <summary>The arguments that the program gets from a line in which <c>\t</c> is the TAB key.</summary>
    public string ArgumentsOf(string keys)
    {
        Type(keys + "\n");
        string arguments = Eventually.Gives(
            () => Screen().Split('\n')[..^1].FirstOrDefault(line => line.StartsWith('<')), () => $"socktrace was not run: {Screen()}");
        Settle();
        return arguments.TrimEnd('\r');
    }

    /// <summary>Waits until the screen, after some keys, shows all of this.</summary>
    public void Shows(string keys, params string[] expected)
    {
        Type(keys);
        foreach (string text in expected)
            WaitFor(text);
        Settle();
    }

    public void Dispose()
    {
        _script.Kill(entireProcessTree: true);
        _script.WaitForExit();
        _script.Dispose();
    }

    /// <summary>Gives up the line, if there is one (Ctrl-U), and waits until all that was typed is done.</summary>
    private void Settle()
    {
        Type("\x15" + "echo all' 'done\n");
        WaitFor("all done");
        lock (_screen)
            _screen.Clear();
    }

    private void Type(string keys)
    {
        _script.StandardInput.Write(keys);
        _script.StandardInput.Flush();
    }

    private void WaitFor(string text) =>
        Eventually.IsSo(() => Screen().Contains(text, StringComparison.Ordinal), () => $"'{text}' did not come: {Screen()}");

    private string Screen()
    {
        lock (_screen)
            return _screen.ToString();
    }

    private void Read()
    {
        char[] buffer = new char[4096];
        int count;
        while ((count = _script.StandardOutput.Read(buffer)) > 0)
        {
            lock (_screen)
                _screen.Append(buffer, 0, count);
        }
    }
}

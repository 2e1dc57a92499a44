using System.ComponentModel;
using System.Diagnostics;

namespace SockTrace.Screen;

/// <summary>
/// Restores the terminal if we cannot: after SIGKILL, the OOM killer, a crash. A shell that waits
/// for the end of a pipe that only we hold; it outlives us by a moment.
/// </summary>
internal sealed class TerminalGuard
{
    // Signals of the terminal are for us; it must be able to set the terminal from the background (SIGTTOU).
    private const string Script = """
        trap '' INT QUIT TERM HUP TSTP TTOU
        saved=$(stty -g </dev/tty)
        echo ready
        read -r word
        [ "$word" = done ] && exit
        stty "$saved" </dev/tty
        printf %b "$0" >/dev/tty
        """;

    private readonly Process? _shell;

    /// <param name="leaving">What leads from the full screen back; printable but for escapes.</param>
    public TerminalGuard(ReadOnlySpan<byte> leaving)
    {
        string sequence = System.Text.Encoding.ASCII.GetString(leaving).Replace("\x1b", "\\033", StringComparison.Ordinal);
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, sequence])
        {
            // All three: .NET would change the terminal for a child that has it.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            _shell = Process.Start(start);
            // Not before it knows what to restore may the terminal be changed.
            _shell?.StandardOutput.ReadLine();
        }
        catch (Win32Exception)
        {
            _shell = null; // a host without a shell: nothing is lost unless we are killed
        }
    }

    /// <summary>The terminal is as it was.</summary>
    public void Dismiss()
    {
        if (_shell is null)
            return;
        try
        {
            _shell.StandardInput.WriteLine("done");
            _shell.StandardInput.Close();
        }
        catch (IOException)
        {
            // Somebody ended it before.
        }
        _shell.Dispose();
    }
}

using System.Diagnostics;

namespace SockTrace.Tests.Support;

/// <summary>A line of shell in which <c>$S</c> is the binary and <c>$T</c> a folder.</summary>
internal static class Piped
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static (int ExitCode, string Output, string Errors) Run(string line, TempFolder folder)
    {
        var start = new ProcessStartInfo("bash", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["S"] = SocktraceProcess.Binary;
        start.Environment["T"] = folder.Path;
        using Process shell = Process.Start(start)!;
        Task<string> errors = shell.StandardError.ReadToEndAsync();
        string output = shell.StandardOutput.ReadToEnd();
        Assert.True(shell.WaitForExit(Deadline), "still running: " + line);
        return (shell.ExitCode, output, errors.Result);
    }
}

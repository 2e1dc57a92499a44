using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace SockTrace.Tests.Support;

/// <summary>The native binary, running.</summary>
internal sealed partial class SocktraceProcess : IDisposable
{
    private const int Sighup = 1, Sigint = 2, Sigterm = 15, Sigcont = 18, Sigstop = 19;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly List<string> _errors = [];
    private readonly ManualResetEventSlim _attached = new();
    private readonly ManualResetEventSlim _errorsEnded = new();

    private SocktraceProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, e) => OnError(e.Data);
        _process.BeginErrorReadLine();
    }

    /// <summary>out/socktrace.</summary>
    public static string Binary => Environment.GetEnvironmentVariable("SOCKTRACE_BINARY")
        ?? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Paths.BpfObject)!, "..", "socktrace"));

    public StreamReader Output => _process.StandardOutput;

    /// <summary>Starts it, and returns at once.</summary>
    public static SocktraceProcess Launch(params string[] arguments) => new(new ProcessStartInfo(Binary, arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    });

    /// <summary>Runs a line of shell, in which <c>$S</c> is the binary, to its end.</summary>
    public static (int ExitCode, string Output) Shell(string line)
    {
        var start = new ProcessStartInfo("sh", ["-c", line]) { RedirectStandardOutput = true };
        start.Environment["S"] = Binary;
        using Process shell = Process.Start(start)!;
        string output = shell.StandardOutput.ReadToEnd();
        Assert.True(shell.WaitForExit(Deadline), "still running: " + line);
        return (shell.ExitCode, output);
    }

    /// <summary>Starts another program that runs it, such as setpriv.</summary>
    public static SocktraceProcess LaunchThrough(string program, params string[] arguments) => new(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    });

    /// <summary>
    /// Starts it, and returns when it sees events, and its first snapshot has been entered: so an owner
    /// that comes later comes from an event.
    /// </summary>
    public static SocktraceProcess Start(params string[] arguments)
    {
        SocktraceProcess process = Launch([.. arguments, "--verbose"]);
        process.WaitUntilAttached();
        if (Array.Exists(process.ErrorLines(), line => line == "socktrace: attached iter/tcp: snapshot"))
            process.WaitForErrorLine("socktrace: snapshot: ");
        return process;
    }

    public void WaitUntilAttached() => Assert.True(_attached.Wait(Deadline), "not attached: " + string.Join('\n', ErrorLines()));

    public void Interrupt() => Assert.Equal(0, kill(_process.Id, Sigint));

    public void Terminate() => Assert.Equal(0, kill(_process.Id, Sigterm));

    /// <summary>SIGTERM, again and again, until it ends.</summary>
    public void TerminateUntilItEnds() => Eventually.Soon(() => kill(_process.Id, Sigterm) != 0 || _process.HasExited);

    public void HangUp() => Assert.Equal(0, kill(_process.Id, Sighup));

    /// <summary>Stops it for a while: SIGSTOP.</summary>
    public void Pause() => Assert.Equal(0, kill(_process.Id, Sigstop));

    public void Resume() => Assert.Equal(0, kill(_process.Id, Sigcont));

    /// <summary>Waits for a line of standard error that begins so.</summary>
    public string WaitForErrorLine(string start) => Eventually.Gives(
        () => Array.Find(ErrorLines(), line => line.StartsWith(start, StringComparison.Ordinal)),
        () => $"'{start}' did not come: {string.Join('\n', ErrorLines())}");

    /// <summary>Waits for the end, without asking for it.</summary>
    /// <returns>The exit code.</returns>
    public int WaitForExit()
    {
        Assert.True(_process.WaitForExit(Deadline), "still running: " + string.Join('\n', ErrorLines()));
        Assert.True(_errorsEnded.Wait(Deadline));
        return _process.ExitCode;
    }

    /// <summary>Runs it to its end with nothing to trace.</summary>
    public static (int ExitCode, string Output, string[] Errors) RunToEnd(params string[] arguments)
    {
        using SocktraceProcess process = Launch(arguments);
        string output = process.Output.ReadToEnd();
        int exitCode = process.WaitForExit();
        return (exitCode, output, process.ErrorLines());
    }

    public string[] ErrorLines()
    {
        lock (_errors)
            return [.. _errors];
    }

    /// <summary>Resident memory now, bytes.</summary>
    public long ResidentBytes()
    {
        string line = File.ReadLines($"/proc/{_process.Id}/status").Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) * 1024;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _attached.Dispose();
        _errorsEnded.Dispose();
    }

    private void OnError(string? line)
    {
        if (line is null)
        {
            _errorsEnded.Set();
            return;
        }
        lock (_errors)
            _errors.Add(line);
        if (line == "socktrace: tracing")
            _attached.Set();
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}

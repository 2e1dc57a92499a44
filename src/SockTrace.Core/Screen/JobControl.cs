using System.Globalization;
using SockTrace.Host;

namespace SockTrace.Screen;

/// <summary>Whether there is a shell above that stops and continues what runs in its terminal.</summary>
internal static class JobControl
{
    /// <summary>
    /// Whether somebody could continue us if we stopped: the parent of our process group's leader is of
    /// our session, and of another group. Else the group is orphaned (setpgid(2)), and the kernel
    /// itself ignores Ctrl-Z: under `ssh -t host socktrace live`, `docker run -it`, `xterm -e`.
    /// </summary>
    public static bool CanContinueUs => Look("self") is { } we && Look($"{we.Group}") is { } leader && Look($"{leader.Parent}") is { } shell
        && shell.Session == we.Session && shell.Group != we.Group;

    /// <summary>Whether the terminal listens to us, and not to a shell that we are in the background of.</summary>
    public static bool IsInFront => Look("self") is { } we && we.Foreground == we.Group;

    /// <summary>The ids that /proc/PID/stat has, proc_pid_stat(5).</summary>
    /// <returns>Null where there is no such process, or it cannot be seen.</returns>
    private static (int Parent, int Group, int Session, int Foreground)? Look(string pid)
    {
        // The name before them may hold blanks and brackets.
        string[]? fields = HostFacts.ReadLine($"/proc/{pid}/stat") is string line ? line[(line.LastIndexOf(')') + 2)..].Split(' ') : null;
        return fields is null ? null : (Number(fields[1]), Number(fields[2]), Number(fields[3]), Number(fields[5]));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

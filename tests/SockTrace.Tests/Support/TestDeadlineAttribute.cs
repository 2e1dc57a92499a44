using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xunit.v3;

namespace SockTrace.Tests.Support;

/// <summary>
/// The run has an end, whatever hangs: a test, what it shares with others, or its clean-up. If
/// nothing begins or ends for longer than anything may take, it is told where the run stands and
/// which processes it has started. Those are then ended, so that what waits for them fails and
/// the other tests run; where there are none, the run ends.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed partial class TestDeadlineAttribute : BeforeAfterTestAttribute
{
    private const int Sigkill = 9;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(6), Grace = TimeSpan.FromMinutes(1);
    private static readonly Timer Watch = new(_ => EndWhatHangs());

    private static string _place = "before the first test";

    /// <summary>From the first on: what tests share is made before any of them begins.</summary>
    [ModuleInitializer]
    internal static void Begin() => ItIsAt(_place);

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => ItIsAt($"in {test.TestDisplayName}");

    public override void After(MethodInfo methodUnderTest, IXunitTest test) => ItIsAt($"after {test.TestDisplayName}");

    private static void ItIsAt(string place)
    {
        _place = place;
        Watch.Change(Deadline, Grace);
    }

    private static void EndWhatHangs()
    {
        int[] children = [.. Descendants(Environment.ProcessId)];
        Console.Error.WriteLine($"Nothing has moved for {Deadline.TotalMinutes} minutes, {_place}. Processes:");
        using (var ps = Process.Start("ps", ["-o", "pid,ppid,stat,etimes,wchan:30,args", "-p", string.Join(',', [Environment.ProcessId, .. children])]))
            ps.WaitForExit();
        if (children.Length == 0)
            Environment.FailFast($"the run hangs {_place}");
        foreach (int child in children)
            _ = kill(child, Sigkill); // it may have ended meanwhile
    }

    /// <summary>The processes that another has started, and theirs.</summary>
    private static IEnumerable<int> Descendants(int pid)
    {
        ILookup<int, int> children = Process.GetProcesses().Select(process => process.Id).ToLookup(ParentOf);
        return Below(pid);

        IEnumerable<int> Below(int parent) => children[parent].SelectMany(child => Below(child).Prepend(child));
    }

    /// <summary>proc_pid_stat(5): the fourth field, the second of those after the name in brackets.</summary>
    private static int ParentOf(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // it has ended meanwhile
        }
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}

using System.Globalization;
using System.Runtime.InteropServices;
using SockTrace.Bpf;
using SockTrace.Diag;
using SockTrace.Host;

namespace SockTrace.Doctor;

/// <summary>Reads this host's facts. Changes nothing, mounts nothing.</summary>
internal static unsafe partial class Examination
{
    /// <summary>PROC_USER_INIT_INO, include/linux/proc_ns.h.</summary>
    private const ulong InitialUserNamespace = 0xEFFFFFFD;

    public static DoctorFacts Run()
    {
        // Before the trial, whose threads and files are no part of it.
        (int entered, int refused) = VisitNamespaces();
        (int hidden, int unreadable) = LookAtProcesses();
        return new DoctorFacts
        {
            Kernel = HostFacts.KernelRelease,
            HasBtf = File.Exists("/sys/kernel/btf/vmlinux"),
            Capabilities = Capabilities.OfThisProcess(),
            IsInitialUserNamespace = FileSystem.InodeOf("/proc/self/ns/user") is null or InitialUserNamespace,
            IsInitialPidNamespace = HostFacts.IsInitialPidNamespace,
            HasSeccompFilter = (HostFacts.ReadLine("/proc/self/status") ?? "").Contains("\nSeccomp:\t2", StringComparison.Ordinal),
            Lockdown = LockdownOf(HostFacts.ReadLine("/sys/kernel/security/lockdown"), HostFacts.ReadLine("/proc/cmdline")),
            UnprivilegedBpfDisabled = Sysctl("unprivileged_bpf_disabled"),
            KptrRestrict = Sysctl("kptr_restrict"),
            HasKernelAddresses = KernelSymbols.CanBeSeen,
            FtraceEnabled = Sysctl("ftrace_enabled"),
            MemlockLimit = MemlockLimit(),
            NamespacesEntered = entered,
            NamespacesRefused = refused,
            ProcessesHidden = hidden,
            ProcessesUnreadable = unreadable,
            HidePid = HidePidOf(HostFacts.ReadLine("/proc/self/mountinfo")),
            SockDiagErrno = SockDiag.WhyNot(),
            ProcNetTcpFailure = WhyNoProcNetTcp(),
            Trial = BpfTrial.Run(),
        };
    }

    /// <param name="file">/sys/kernel/security/lockdown: <c>none [integrity] confidentiality</c>; null where it cannot be read.</param>
    /// <param name="commandLine">What the kernel was started with; a kernel may also lock itself.</param>
    public static string? LockdownOf(string? file, string? commandLine)
    {
        const string Argument = "lockdown=";
        if (file is not null && file.IndexOf('[', StringComparison.Ordinal) is int start and >= 0
            && file.IndexOf(']', start) is int end and >= 0)
            return file[(start + 1)..end];
        return (commandLine ?? "").Split(' ').LastOrDefault(word => word.StartsWith(Argument, StringComparison.Ordinal))?[Argument.Length..];
    }

    /// <param name="mountInfo">/proc/self/mountinfo, proc_pid_mountinfo(5).</param>
    /// <returns>What is written behind hidepid= for what is mounted on /proc; null where nothing is.</returns>
    public static string? HidePidOf(string? mountInfo)
    {
        const string Option = "hidepid=";
        string? last = (mountInfo ?? "").Split('\n').LastOrDefault(line => line.Split(' ') is { Length: > 4 } fields && fields[4] == "/proc");
        return last?.Split(' ')[^1].Split(',').FirstOrDefault(option => option.StartsWith(Option, StringComparison.Ordinal))?[Option.Length..];
    }

    private static int? Sysctl(string name) =>
        int.TryParse(HostFacts.ReadLine($"/proc/sys/kernel/{name}"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;

    private static (int Entered, int Refused) VisitNamespaces()
    {
        int entered = 0;
        int refused = NetnsVisitor.Visit(null, [], (_, _) => entered++);
        return (entered, refused);
    }

    private static (int Hidden, int Unreadable) LookAtProcesses()
    {
        int hidden = 0, unreadable = 0;
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(Path.GetFileName(process.AsSpan())[0]))
                continue;
            if (FileSystem.InodeOf($"{process}/ns/net") is null && Marshal.GetLastPInvokeError() == Errno.EACCES)
                hidden++;
            if (!AreFilesShown(process))
                unreadable++;
        }
        return (hidden, unreadable);
    }

    private static bool AreFilesShown(string process)
    {
        try
        {
            string? first = Directory.EnumerateFiles($"{process}/fd").FirstOrDefault();
            return first is null || new FileInfo(first).LinkTarget is not null || !Directory.Exists(process);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true; // it has ended
        }
    }

    private static string? WhyNoProcNetTcp()
    {
        try
        {
            using var reader = new StreamReader("/proc/self/net/tcp");
            return reader.ReadLine() is null ? "/proc/net/tcp is empty" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static long? MemlockLimit()
    {
        const int Memlock = 8; // RLIMIT_MEMLOCK
        ulong* limits = stackalloc ulong[2]; // struct rlimit: the soft, which counts, and the hard
        return getrlimit(Memlock, limits) == 0 && limits[0] != ulong.MaxValue ? (long)limits[0] : null;
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, ulong* rlim);
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace SockTrace.Tests.Support;

/// <summary>
/// A network namespace of a test's own, with lo up: one thread lives in it, and what is run
/// there sees no other network. It goes when the thread and its sockets do.
/// </summary>
internal sealed unsafe partial class TestNamespace : IDisposable
{
    private const int CloneNewNet = 0x40000000;

    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    /// <param name="tableEntries">
    /// The chains in the namespace's own table of sockets, tcp_child_ehash_entries; null shares the host's.
    /// </param>
    public TestNamespace(int? tableEntries = null)
    {
        _thread = new Thread(Work) { Name = "test-netns", IsBackground = true };
        _thread.Start();
        Run(() =>
        {
            Check(unshare(CloneNewNet), "unshare");
            if (tableEntries is int entries)
            {
                File.WriteAllText("/proc/sys/net/ipv4/tcp_child_ehash_entries", $"{entries}");
                Check(unshare(CloneNewNet), "unshare");
            }
            BringUpLoopback();
            Inode = (uint)SockTrace.Host.FileSystem.InodeOf("/proc/thread-self/ns/net")!.Value;
        });
    }

    /// <summary>The namespace's inode number, as records have it.</summary>
    public uint Inode { get; private set; }

    /// <summary>Runs something on the thread that is in the namespace; its exception is thrown here.</summary>
    public void Run(Action action)
    {
        ExceptionDispatchInfo? thrown = null;
        using var done = new ManualResetEventSlim();
        _work.Add(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                thrown = ExceptionDispatchInfo.Capture(e);
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait();
        thrown?.Throw();
    }

    public T Run<T>(Func<T> function)
    {
        T result = default!;
        Run(() => { result = function(); });
        return result;
    }

    /// <summary>Sets a sysctl of the namespace, such as <c>ipv4/ip_local_port_range</c>.</summary>
    public void Sysctl(string name, string value) => Run(() => File.WriteAllText($"/proc/sys/net/{name}", value));

    /// <summary>A counter of /proc/net/snmp or netstat, such as <c>Tcp</c> <c>ActiveOpens</c>.</summary>
    public long Counter(string group, string name) => Run(() =>
    {
        foreach (string file in (string[])["/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat"])
        {
            string[] lines = File.ReadAllLines(file);
            for (int i = 0; i + 1 < lines.Length; i += 2)
            {
                string[] names = lines[i].Split(' ');
                int column = Array.IndexOf(names, name);
                if (names[0] == group + ":" && column > 0)
                    return long.Parse(lines[i + 1].Split(' ')[column], CultureInfo.InvariantCulture);
            }
        }
        throw new InvalidOperationException($"the kernel has no counter {group} {name}");
    });

    /// <summary>
    /// Waits until no connection of it is on its way: what a process does not wait for, the
    /// kernel may do later. What listens or stands in TIME_WAIT stays.
    /// </summary>
    public void WaitUntilQuiet() => Run(WaitUntilQuietHere);

    /// <summary>The same, from within <see cref="Run(Action)"/>.</summary>
    public void WaitUntilQuietHere()
    {
        const string Listen = "0A", TimeWait = "06";
        string[] files = ["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"];
        Eventually.IsSo(
            () => files.SelectMany(file => File.ReadLines(file).Skip(1))
                .All(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3] is Listen or TimeWait),
            () => File.ReadAllText(files[0]));
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Work()
    {
        foreach (Action action in _work.GetConsumingEnumerable())
            action();
    }

    private static void BringUpLoopback()
    {
        const int AfInet = 2, SockDgram = 2, Siocsifflags = 0x8914, IffUp = 1;
        int fd = socket(AfInet, SockDgram, 0);
        Check(fd, "socket");
        var request = default(IfReq);
        "lo"u8.CopyTo(new Span<byte>(request.Name, IfReq.NameLength));
        request.Flags = IffUp;
        Check(ioctl(fd, Siocsifflags, &request), "bring up lo");
        Check(close(fd), "close");
    }

    private static void Check(int rc, string what)
    {
        if (rc < 0)
            throw new InvalidOperationException($"{what}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, IfReq* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);

    /// <summary>struct ifreq, with the flags of its union.</summary>
    private struct IfReq
    {
        public const int NameLength = 16;

        public fixed byte Name[NameLength];
        public short Flags;
        public fixed byte Rest[22];
    }
}

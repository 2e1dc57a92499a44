using System.Diagnostics;
using System.Net.Sockets;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>What the binary may cost a host, apart from processor time.</summary>
public sealed class BudgetTests
{
    [Fact]
    public void TheBinaryIsWithinFifteenMegabytes() =>
        Assert.InRange(new FileInfo(SocktraceProcess.Binary).Length, 1, 15_000_000);

    [Fact]
    public void TheBinaryNeedsOnlyLibcAndLibm()
    {
        using var ldd = Process.Start(new ProcessStartInfo("ldd", [SocktraceProcess.Binary]) { RedirectStandardOutput = true })!;
        IEnumerable<string> libraries = ldd.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Path.GetFileName(line.Trim().Split(' ')[0])).Order();
        Assert.All(libraries, library => Assert.Matches(@"^(libc\.so\.6|libm\.so\.6|linux-vdso\.so\.1|ld-linux.*)$", library));
    }

    [Fact]
    public void FromExecToAttachedTakesAtMostAHundredMilliseconds()
    {
        Support.Live.RequireRoot();
        // What else this machine does is not part of it: one quiet moment is enough.
        var times = new List<double>();
        while (times.Count < 50 && !times.Exists(time => time <= 100))
        {
            long start = Stopwatch.GetTimestamp();
            using var socktrace = SocktraceProcess.Launch("record", "-o", "-", "--source", "bpf", "--verbose");
            socktrace.WaitUntilAttached();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            socktrace.Terminate();
            Assert.Equal(0, socktrace.WaitForExit());
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"exec to attached, ms: {string.Join(' ', times.Select(t => $"{t:0.0}"))}");
        Assert.InRange(times.Min(), 0, 100);
    }

    [Fact]
    public void TenThousandLiveConnectionsFitInSixtyFourMebibytes()
    {
        Support.Live.RequireRoot();
        const long Budget = 64 << 20;
        const int Connections = 5_000; // both ends of each are connections of this host
        using var netns = new TestNamespace();
        using var folder = new TempFolder();
        using var socktrace = SocktraceProcess.Start("record", "-o", folder.File("trace.ndjson"));
        var sockets = new List<Socket>();

        long resident = netns.Run(() =>
        {
            // Fill the ring once around, so that all of it counts.
            Traffic.Cycle(14_000, 7777);
            using Socket listener = Traffic.Listen(7778);
            for (int i = 0; i < Connections; i++)
            {
                (Socket client, Socket server) = Traffic.Connect(listener);
                sockets.Add(client);
                sockets.Add(server);
            }
            // What is still to be written is no part of it.
            long bytes = socktrace.ResidentBytes();
            Eventually.IsSo(() => (bytes = socktrace.ResidentBytes()) <= Budget, () => $"{bytes} bytes resident");
            foreach (Socket socket in sockets)
                socket.Dispose();
            return bytes;
        });
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        RecordedTrace.Read(folder.File("trace.ndjson")).AssertWhole();
        TestContext.Current.TestOutputHelper!.WriteLine($"resident: {resident / 1048576.0:0.0} MiB");
        Assert.InRange(resident, 1, Budget);
    }
}

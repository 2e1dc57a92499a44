using System.Net.Sockets;
using System.Text.Json;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>A trace that begins and ends while connections come and go.</summary>
public sealed class AuditAmidTrafficTests
{
    [Fact]
    public async Task ItDiffersByWhatHappenedMeanwhileAtMostAndSaysSo()
    {
        const int Port = 7780;
        Support.Live.RequireRoot();
        using var netns = new TestNamespace();
        using var folder = new TempFolder();
        string path = folder.File("trace.ndjson");
        netns.Sysctl("ipv4/ip_local_port_range", "30000 30399");
        netns.Sysctl("ipv4/tcp_tw_reuse_delay", "1"); // ms: so ports are taken over before all symbols are known
        using var done = new CancellationTokenSource();
        Task traffic = Task.Run(() => netns.Run(() =>
        {
            while (!done.IsCancellationRequested)
                CycleAsFarAsPortsGo(Port);
        }));
        using (var socktrace = SocktraceProcess.Start("record", "-o", path, "--netns", $"{netns.Inode}", "--source", "bpf"))
        {
            Eventually.Soon(() => RecordedTrace.ReadWhole(path).OfType("time_wait").Any(wait => wait.Text("ended") == "reused"));
            socktrace.Terminate();
            Assert.Equal(0, socktrace.WaitForExit());
        }
        await done.CancelAsync();
        await traffic;

        JsonElement audit = Assert.Single(RecordedTrace.Read(path).End.GetProperty("audit").EnumerateArray());
        JsonElement kernel = audit.GetProperty("kernel"), trace = audit.GetProperty("trace");
        Assert.True(trace.Number("ActiveOpens") > 0 && trace.Number("TWRecycled") > 0, audit.GetRawText());
        Assert.True(kernel.GetRawText() == trace.GetRawText() || audit.Text("because") == "timing", audit.GetRawText());
    }

    private static void CycleAsFarAsPortsGo(int port)
    {
        try
        {
            Traffic.Cycle(300, port);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            // Within a millisecond of its CLOSE none is taken over.
        }
    }
}

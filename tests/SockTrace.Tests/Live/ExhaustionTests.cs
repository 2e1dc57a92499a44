using System.Text.Json;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>The case that SockTrace was born from, to its end: a connection a query, until no port is left.</summary>
public sealed class ExhaustionTests
{
    [Fact]
    public void WhoEmptiesThePoolIsNamedBeforeAndEveryFailureIsTold()
    {
        Support.Live.RequireRoot();
        const int Ports = 200, Queries = 260;
        using var netns = new TestNamespace();
        netns.Sysctl("ipv4/ip_local_port_range", "40000 40199");
        netns.Sysctl("ipv4/tcp_tw_reuse", "0"); // by default loopback is spared
        using var folder = new TempFolder();
        using MariaDb server = netns.Run(() => new MariaDb());
        string path = folder.File("trace.ndjson");
        using var socktrace = SocktraceProcess.Start("live", "--export", path, "--port", $"{MariaDb.Port}", "--stats-interval", "1s");

        // Slow enough that there is a before: the pool lasts some seconds.
        using var client = new Scenario("queries", netns);
        client.Start();
        client.WaitForEnd();
        netns.WaitUntilQuiet();
        socktrace.Terminate();
        string lines = socktrace.Output.ReadToEnd();
        Assert.Equal(0, socktrace.WaitForExit());
        (long pid, long failures) = (client.Pid, client.Said("failures"));

        var trace = RecordedTrace.Read(path);
        trace.AssertWhole();
        Assert.Equal(Queries - Ports, failures);
        JsonElement[] exhausted = [.. trace.OfType("port_exhausted")];
        Assert.Equal(failures, exhausted.Length);
        Assert.All(exhausted, record =>
        {
            Assert.Equal((pid, "scenarios"), (record.Number("pid"), record.Text("comm")));
            Assert.Equal(("127.0.0.1", (long?)MariaDb.Port), (record.Text("raddr"), record.Number("rport")));
            Assert.Equal((Ports, Ports), (record.Number("pool"), record.Number("taken")));
        });
        Assert.Equal(failures, lines.Split("NO PORT LEFT").Length - 1);

        DateTime firstFailure = exhausted[0].GetProperty("ts").GetDateTime();
        JsonElement[] warnings = [.. trace.OfType("stats").Where(stats => stats.GetProperty("ts").GetDateTime() < firstFailure)
            .SelectMany(stats => stats.GetProperty("pools").EnumerateArray())
            .Where(pool => pool.Number("netns") == netns.Inode && pool.Number("empty_in_ns") is > 0)];
        Assert.NotEmpty(warnings);
        Assert.All(warnings, pool =>
        {
            Assert.Equal((pid, "scenarios", Ports), (pool.Number("pid"), pool.Text("comm"), pool.Number("size")));
            Assert.Equal(Ports / 60.0, pool.GetProperty("sustainable_per_s").GetDouble(), 0.05);
        });
        Assert.Contains("200 ports taken, all in", lines, StringComparison.Ordinal);
    }
}

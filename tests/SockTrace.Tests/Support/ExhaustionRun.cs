namespace SockTrace.Tests.Support;

/// <summary>A connection a query against MariaDB until no port is left, recorded and shown.</summary>
public sealed class ExhaustionRun : IAsyncLifetime
{
    public const int Ports = 200, Queries = 260;

    private readonly TempFolder _folder = new();

    /// <summary>The trace's file.</summary>
    public string Path => _folder.File("trace.ndjson");

    /// <summary>What was shown.</summary>
    public string Lines { get; private set; } = "";

    public uint Netns { get; private set; }

    /// <summary>Of the client.</summary>
    public long Pid { get; private set; }

    /// <summary>connect()s that the client says have failed.</summary>
    public long Failures { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Live.RequireRoot();
        await Task.Run(Run);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Run()
    {
        using var netns = new TestNamespace();
        Netns = netns.Inode;
        netns.Sysctl("ipv4/ip_local_port_range", "40000 40199");
        netns.Sysctl("ipv4/tcp_tw_reuse", "0"); // by default loopback is spared
        using MariaDb server = netns.Run(() => new MariaDb());
        using var socktrace = SocktraceProcess.Start("live", "--export", Path, "--port", $"{MariaDb.Port}", "--stats-interval", "1s");

        // Slow enough that there is a before: the pool lasts some seconds.
        using var client = new Scenario("queries", netns);
        client.Start();
        client.WaitForEnd();
        netns.WaitUntilQuiet();
        socktrace.Terminate();
        Lines = socktrace.Output.ReadToEnd();
        Assert.Equal(0, socktrace.WaitForExit());
        (Pid, Failures) = (client.Pid, client.Said("failures"));
    }
}

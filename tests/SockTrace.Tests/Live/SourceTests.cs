using System.Net.Sockets;
using System.Text.Json;
using SockTrace.Host;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>Which source is taken, and what the one without BPF sees.</summary>
public sealed class SourceTests : IDisposable
{
    /// <summary>Runs the binary as an ordinary user, without any capability.</summary>
    private static readonly string[] AsNobody =
        ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"];

    /// <summary>The number of no namespace: the kernel gives the lowest that is free, from 4026531840 on.</summary>
    private const uint NoNetns = 4294967295;

    private readonly TempFolder _folder = new();

    public SourceTests() => Support.Live.RequireRoot();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AutoTakesBpfWhereItCanBeHad()
    {
        using var socktrace = SocktraceProcess.Launch("record", "-o", "-", "--duration", "100ms");
        var trace = RecordedTrace.Parse(socktrace.Output.ReadToEnd());
        Assert.Equal(0, socktrace.WaitForExit());
        Assert.Equal("bpf", trace.Header.Text("source"));
        Assert.Contains(socktrace.ErrorLines(), line => line.StartsWith("socktrace: source bpf", StringComparison.Ordinal));
    }

    [Fact]
    public void WithoutPrivilegeAutoPollsProcAndSaysWhy()
    {
        using var socktrace = Unprivileged("record", "-o", "-", "--duration", "700ms");
        var trace = RecordedTrace.Parse(socktrace.Output.ReadToEnd());
        Assert.Equal(0, socktrace.WaitForExit());
        Assert.Equal("proc", trace.Header.Text("source"));
        Assert.Equal("inferred", trace.Header.Text("time_wait"));
        Assert.Contains(socktrace.ErrorLines(), line => line.StartsWith("socktrace: source proc", StringComparison.Ordinal)
            && line.Contains("no permission to load BPF programs", StringComparison.Ordinal));
        Assert.Contains("hint: run as root, or grant CAP_BPF and CAP_PERFMON; `socktrace doctor` has the command", socktrace.ErrorLines());
    }

    [Fact]
    public void WithoutPrivilegeBpfIsRefusedWithARemedy()
    {
        using var socktrace = Unprivileged("record", "-o", "-", "--source", "bpf");
        Assert.Equal("", socktrace.Output.ReadToEnd());
        Assert.Equal(3, socktrace.WaitForExit());
        Assert.Equal(
            ["socktrace: no permission to load BPF programs", "hint: run as root, or grant CAP_BPF and CAP_PERFMON; `socktrace doctor` has the command"],
            socktrace.ErrorLines());
    }

    [Fact]
    public void WithoutBtfAutoPollsProcAndSaysWhy()
    {
        // In a mount namespace of its own, where something else lies over the kernel's BTF.
        using var socktrace = SocktraceProcess.LaunchThrough("unshare", "--mount", "sh", "-c",
            "mount -t tmpfs tmpfs /sys/kernel/btf && exec \"$0\" record -o - --duration 100ms", SocktraceProcess.Binary);
        var trace = RecordedTrace.Parse(socktrace.Output.ReadToEnd());
        Assert.Equal(0, socktrace.WaitForExit());
        Assert.Equal("proc", trace.Header.Text("source"));
        Assert.Contains(socktrace.ErrorLines(), line => line.Contains("the kernel has no BTF", StringComparison.Ordinal));
    }

    [Fact]
    public void WhatProcCannotSeeIsNotAskedOfIt()
    {
        (int exitCode, string output, string[] errors) =
            SocktraceProcess.RunToEnd("record", "-o", "-", "--source", "proc", "--cgroup", "1");
        Assert.Equal(3, exitCode);
        Assert.Equal("", output);
        Assert.Equal("socktrace: --cgroup: source proc cannot see cgroups", errors[0]);
    }

    [Theory]
    [InlineData("bpf")]
    [InlineData("proc")]
    public void ANetworkNamespaceThatDoesNotExistIsNotTraced(string source)
    {
        (int exitCode, string output, string[] errors) =
            SocktraceProcess.RunToEnd("record", "-o", "-", "--source", source, "--netns", $"{NoNetns}");
        Assert.Equal((3, ""), (exitCode, output));
        Assert.Equal(
        [
            $"socktrace: no network namespace {NoNetns} can be seen: no process is in it, and `ip netns` has no name for it",
            "hint: lsns -t net lists those that there are; one that no process is in can be given by a path that leads to it",
        ], errors);
    }

    [Fact]
    public void WhoMayNotSeeAllNetworkNamespacesIsOnlyWarned()
    {
        using var socktrace = Unprivileged("record", "-o", "-", "--netns", $"{NoNetns}", "--duration", "300ms");
        Assert.NotEqual("", socktrace.Output.ReadToEnd());
        Assert.Equal(0, socktrace.WaitForExit());
        Assert.Contains(socktrace.ErrorLines(), line => line.StartsWith($"socktrace: network namespace {NoNetns} cannot be looked into: ", StringComparison.Ordinal));
    }

    [Fact]
    public void ANamespaceThatOnlyAFileHoldsIsTracedIfThatIsNamed()
    {
        // Not under /run/netns, in a mount namespace that goes with this.
        using var socktrace = SocktraceProcess.LaunchThrough("unshare", "--mount", "sh", "-c",
            "touch \"$1\" && unshare --net=\"$1\" true && exec \"$0\" record -o - --source bpf --duration 100ms --netns \"$1\"",
            SocktraceProcess.Binary, _folder.File("netns"));
        Assert.NotEqual("", socktrace.Output.ReadToEnd());
        Assert.Equal(0, socktrace.WaitForExit());
    }

    [Fact]
    public void ACgroupThatIsNotThereMayStillComeAndIsOnlyNamed()
    {
        Assert.SkipWhen(Cgroups.Root is null, "no cgroup2 file system is mounted");
        string root = Cgroups.Root!, there = $"{FileSystem.InodeOf(root)}";
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("record", "-o", "-", "--source", "bpf", "--cgroup", "999999999", "--duration", "100ms");
        Assert.Equal(0, exitCode);
        Assert.Contains($"socktrace: --cgroup 999999999: no folder under {root} has this id now, so it may be that nothing is shown", errors);

        errors = SocktraceProcess.RunToEnd("record", "-o", "-", "--source", "bpf", "--cgroup", there, "--duration", "100ms").Errors;
        Assert.DoesNotContain(errors, line => line.Contains("--cgroup", StringComparison.Ordinal));
    }

    [Fact]
    public void OfOneNamespacePollingCountsNothingOfOthers()
    {
        using TestNamespace idle = new(), busy = new();
        string path = _folder.File("trace.ndjson");
        // What is in no process's namespace does not show in /proc.
        using SocktraceProcess holder = busy.Run(() => SocktraceProcess.LaunchThrough("sleep", "60"));
        using SocktraceProcess socktrace = idle.Run(
            () => SocktraceProcess.Start("record", "-o", path, "--source", "proc", "--netns", $"{idle.Inode}"));
        busy.Run(() => Traffic.Cycle(20, 7777));
        using Socket listener = idle.Run(() => Traffic.Listen(7777));
        WaitFor(path, "\"new\":\"LISTEN\"", 1);
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());
        Assert.Equal("socktrace: 1 transitions, none lost, 0 unmatched", socktrace.ErrorLines()[^1]);
    }

    [Fact]
    public void WhereNothingCanBeReadInProcItIsRefused()
    {
        // Alone in its PID namespace: nobody else shows another network namespace.
        using var socktrace = SocktraceProcess.LaunchThrough("unshare", "--pid", "--fork", "--mount-proc", "sh", "-c",
            "mount -t tmpfs tmpfs /proc/$$/net && exec \"$0\" record -o - --source proc --duration 10s", SocktraceProcess.Binary);
        Assert.Equal("", socktrace.Output.ReadToEnd());
        Assert.Equal(3, socktrace.WaitForExit());
        Assert.StartsWith("socktrace: source proc cannot read /proc/PID/net/tcp: ", socktrace.ErrorLines()[0], StringComparison.Ordinal);
        Assert.StartsWith("hint: see that /proc is mounted", socktrace.ErrorLines()[1], StringComparison.Ordinal);
    }

    [Fact]
    public void InAnotherPidNamespaceNoNumberOfItsOwnIsTold()
    {
        using var netns = new TestNamespace();
        using Socket listener = netns.Run(() => Traffic.Listen(7777));
        // bash has a connection before the trace begins.
        using SocktraceProcess socktrace = netns.Run(() => SocktraceProcess.LaunchThrough("unshare", "--pid", "--fork", "--mount-proc", "bash", "-c",
            "exec 3<>/dev/tcp/127.0.0.1/7777; \"$0\" record -v -o - --source bpf --duration 2s", SocktraceProcess.Binary));
        using (listener.Accept())
            socktrace.WaitForErrorLine("socktrace: snapshot: ");
        var trace = RecordedTrace.Parse(socktrace.Output.ReadToEnd());
        Assert.Equal(0, socktrace.WaitForExit());
        JsonElement closing = trace.OfType("state").First(state => state.Text("new") == "CLOSE_WAIT" && state.Number("rport") == 7777);
        Assert.Equal((null, "unknown"), (closing.Number("pid"), closing.Text("owner_from")));
    }

    [Fact]
    public void InAnotherTimeNamespaceItIsAsLateAsOnTheHost()
    {
        using var netns = new TestNamespace();
        using SocktraceProcess socktrace = netns.Run(() => SocktraceProcess.LaunchThrough(
            "unshare", "--time", "--monotonic", "86400", SocktraceProcess.Binary, "record", "-v", "-o", "-", "--source", "bpf", "--duration", "2s"));
        socktrace.WaitForErrorLine("socktrace: snapshot: ");
        netns.Run(() => Traffic.Cycle(1, 7777));
        var trace = RecordedTrace.Parse(socktrace.Output.ReadToEnd());
        Assert.Equal(0, socktrace.WaitForExit());
        JsonElement[] states = [.. trace.OfType("state").Where(state => state.Number("netns") == netns.Inode)];
        Assert.NotEmpty(states);
        DateTime header = trace.Header.GetProperty("ts").GetDateTime(), end = trace.End.GetProperty("ts").GetDateTime();
        Assert.All(states, state => Assert.InRange(state.GetProperty("ts").GetDateTime(), header, end));
        Assert.InRange(DateTime.UtcNow - end, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void ARingThatTheKernelCannotAllocateIsARefusal()
    {
        // An address-space limit below the ring's size makes its mapping fail.
        using var socktrace = SocktraceProcess.LaunchThrough("sh", "-c",
            "ulimit -v 600000; exec \"$0\" record -o - --source bpf --buffer 256MiB", SocktraceProcess.Binary);
        Assert.Equal("", socktrace.Output.ReadToEnd());
        Assert.Equal(3, socktrace.WaitForExit());
        Assert.Contains(socktrace.ErrorLines(), line => line.Contains("--buffer", StringComparison.Ordinal));
    }

    [Fact]
    public void PollingSeesAConnectionThatLastsAndItsTimeWait()
    {
        using var netns = new TestNamespace();
        string path = _folder.File("trace.ndjson");
        // Started from the namespace's thread, it is in the namespace, and so finds it in /proc.
        using SocktraceProcess socktrace = netns.Run(
            () => SocktraceProcess.Start("record", "-o", path, "--source", "proc", "--netns", $"{netns.Inode}"));
        netns.Run(() =>
        {
            using Socket listener = Traffic.Listen(7777);
            WaitFor(path, "\"new\":\"LISTEN\"", 1);
            (Socket client, Socket server) = Traffic.Connect(listener);
            WaitFor(path, "\"new\":\"ESTABLISHED\"", 2);
            // Owners are looked for seldom: wait until that was done since.
            using (Socket other = Traffic.Listen(7778))
                WaitFor(path, "\"owner_from\":\"snapshot\"", 1);
            client.Dispose();
            WaitFor(path, "\"new\":\"CLOSE_WAIT\"", 1);
            server.Dispose();
            WaitFor(path, "\"type\":\"conn\"", 2);
        });
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        var trace = RecordedTrace.Read(path);
        Assert.All(trace.OfType("state"), state => Assert.NotEqual("TIME_WAIT", state.Text("new")));
        JsonElement client = trace.OfType("conn").First(conn => conn.Number("rport") == 7777);
        Assert.Equal("unknown", client.Text("role"));
        Assert.Equal(Environment.ProcessId, client.Number("pid"));
        Assert.Equal("snapshot", client.Text("owner_from"));
        Assert.InRange(client.Number("lifetime_ns") ?? 0, 1, 60_000_000_000);
        Assert.Null(client.Number("bytes_sent"));
    }

    private static SocktraceProcess Unprivileged(params string[] arguments) =>
        SocktraceProcess.LaunchThrough("setpriv", [.. AsNobody, SocktraceProcess.Binary, .. arguments]);

    private static void WaitFor(string path, string text, int count) => Eventually.IsSo(
        () => File.ReadLines(path).Count(line => line.Contains(text, StringComparison.Ordinal)) >= count,
        () => $"{count} x {text} did not come: {File.ReadAllText(path)}");
}

using System.Text.Json;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>What doctor says of this host, held against what a trace then is.</summary>
public sealed class DoctorTests
{
    private static readonly string[] AsNobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];

    public DoctorTests() => Support.Live.RequireRoot();

    [Fact]
    public void TheVerdictIsWhatTheTraceIsThen()
    {
        (int exitCode, string output, string[] errors) = SocktraceProcess.RunToEnd("doctor", "--json");
        (_, string trace, _) = SocktraceProcess.RunToEnd("record", "-o", "-", "--duration", "100ms");
        JsonElement header = RecordedTrace.Parse(trace).Header, verdict = JsonElement.Parse(output).GetProperty("verdict");

        Assert.Equal(0, exitCode);
        Assert.Empty(errors);
        Assert.True(verdict.GetProperty("works").GetBoolean());
        Assert.Equal((header.Text("source"), header.Text("time_wait")), (verdict.Text("source"), verdict.Text("time_wait")));
    }

    [Fact]
    public void TheTextEndsWithTheVerdict()
    {
        (int exitCode, string output, _) = SocktraceProcess.RunToEnd("doctor");
        Assert.Equal(0, exitCode);
        Assert.StartsWith("ok       kernel ", output, StringComparison.Ordinal);
        Assert.StartsWith("auto takes bpf: ", output.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("\e", output, StringComparison.Ordinal);
    }

    [Fact]
    public void ItSeesItsOwnConnectionAndLeavesNothingBehind()
    {
        using var netns = new TestNamespace();
        string output = netns.Run(() => SocktraceProcess.RunToEnd("doctor", "--json").Output);
        Assert.Equal("transitions: 9 of 9 of a connection of our own arrived", One(output, "transitions").Text("what"));
        Assert.Equal("ok", One(output, "time_wait").Text("status"));
        Assert.Equal(1, netns.Counter("Tcp", "ActiveOpens"));
        Assert.Empty(netns.Run(() => File.ReadLines("/proc/thread-self/net/tcp").Skip(1).ToArray()));
    }

    [Fact]
    public void AnOrdinaryUserIsToldWhatIsMissing()
    {
        (int exitCode, string output) = Run("", "doctor", "--json");
        JsonElement verdict = JsonElement.Parse(output).GetProperty("verdict");
        Assert.Equal(3, exitCode);
        Assert.Equal("missing", One(output, "capabilities").Text("status"));
        Assert.Equal(("False", "proc", "inferred"), (verdict.Text("works"), verdict.Text("source"), verdict.Text("time_wait")));
    }

    [Fact]
    public void WithTheCapabilitiesThatItNamesRecordTracesByBpfAndMeasuresTimeWait()
    {
        string named = Grant(Run("", "doctor", "--json").Output, 0);
        (int exitCode, string output) = Run(named, "doctor", "--json");
        Assert.Equal(0, exitCode);
        Assert.Equal("measured", JsonElement.Parse(output).GetProperty("verdict").Text("time_wait"));

        JsonElement header = RecordedTrace.Parse(Run(named, "record", "-o", "-", "--duration", "300ms").Output).Header;
        Assert.Equal(("bpf", "measured"), (header.Text("source"), header.Text("time_wait")));
    }

    /// <summary>Each of them is needed: without it, less is there.</summary>
    [Fact]
    public void NoneOfTheCapabilitiesThatItNamesIsTooMany()
    {
        string asked = Run("", "doctor", "--json").Output;
        string[] named = Grant(asked, 0).Split(',');
        Assert.Equal(One(asked, "kernel_addresses").Text("status") == "limited", named.Contains("+syslog"));
        Assert.Contains("+bpf", named);
        foreach (string left in named)
        {
            (int exitCode, string output) = Run(string.Join(',', named.Except([left])), "doctor", "--json");
            JsonElement verdict = JsonElement.Parse(output).GetProperty("verdict");
            string? lost = left == "+syslog" ? One(output, "kernel_addresses").Text("status") : verdict.Text("works");
            Assert.Equal(left == "+syslog" ? (0, "limited") : (3, "False"), (exitCode, lost));
        }
    }

    [Fact]
    public void WithAllThatItNamesWhatWasThereBeforeIsFound()
    {
        using var netns = new TestNamespace();
        string few = Grant(Run("", "doctor", "--json").Output, 0), all = Grant(Run("", "doctor", "--json").Output, 1);
        Assert.Equal("network namespaces: 1 entered", One(Run(few, "doctor", "--json").Output, "namespaces").Text("what")!.Split(',')[0]);
        // A thread of this process is in the namespace, and so is a process that it starts.
        netns.Run(() =>
        {
            using var there = SocktraceProcess.Launch("record", "-o", "-", "--source", "proc");
            there.WaitForErrorLine("socktrace: source proc");
            string what = One(Run(all, "doctor", "--json").Output, "namespaces").Text("what")!;
            Assert.DoesNotContain(": 1 entered", what, StringComparison.Ordinal);
            there.Terminate();
        });
    }

    [Fact]
    public void WithoutBtfItIsNamed()
    {
        using var socktrace = SocktraceProcess.LaunchThrough("unshare", "--mount", "sh", "-c",
            "mount -t tmpfs tmpfs /sys/kernel/btf && exec \"$0\" doctor --json", SocktraceProcess.Binary);
        string output = socktrace.Output.ReadToEnd();
        Assert.Equal(3, socktrace.WaitForExit());
        Assert.Equal("missing", One(output, "btf").Text("status"));
    }

    /// <summary>As systemd's ProtectKernelTunables= has it.</summary>
    [Theory]
    [InlineData("doctor --json")]
    [InlineData("record -o - --duration 100ms --source bpf")]
    public void WhoMayNotOpenKallsymsTracesAllTheSame(string arguments)
    {
        using var folder = new TempFolder();
        using var socktrace = SocktraceProcess.LaunchThrough("unshare",
        [
            "--mount", "sh", "-c",
            "f=$1 a=$2; shift 2; : >$f; chmod 0 $f; mount --bind $f /proc/kallsyms && exec setpriv \"$@\" --inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon "
                + "--bounding-set=-all,+bpf,+perfmon \"$0\" $a",
            SocktraceProcess.Binary, folder.File("none"), arguments, .. AsNobody,
        ]);
        string output = socktrace.Output.ReadToEnd();
        Assert.Equal(0, socktrace.WaitForExit());
        if (arguments.StartsWith("doctor", StringComparison.Ordinal))
            Assert.Equal("limited", One(output, "kernel_addresses").Text("status"));
        else
            Assert.Equal("inferred", RecordedTrace.Parse(output).Header.Text("time_wait"));
    }

    [Fact]
    public void InAUserNamespaceCapabilitiesDoNotCount()
    {
        using var socktrace = SocktraceProcess.LaunchThrough("unshare", "--user", "--map-root-user", SocktraceProcess.Binary, "doctor", "--json");
        string output = socktrace.Output.ReadToEnd();
        Assert.Equal(3, socktrace.WaitForExit());
        Assert.Equal("missing", One(output, "user_namespace").Text("status"));
        Assert.Empty(JsonElement.Parse(output).GetProperty("grants").EnumerateArray());
    }

    [Fact]
    public void WithoutLoopbackItSaysThatNothingWasTried()
    {
        using var socktrace = SocktraceProcess.LaunchThrough("unshare", "--net", SocktraceProcess.Binary, "doctor", "--json");
        string output = socktrace.Output.ReadToEnd();
        Assert.Equal(0, socktrace.WaitForExit());
        Assert.Equal("limited", One(output, "transitions").Text("status"));
        Assert.Contains("network is unreachable", One(output, "transitions").Text("what"), StringComparison.Ordinal);
    }

    [Fact]
    public void ItMeasuresSixtySecondsAndTheTraceSaysTheSame()
    {
        using var folder = new TempFolder();
        using var netns = new TestNamespace();
        string path = folder.File("trace.ndjson");
        using var tracer = SocktraceProcess.Start("record", "-o", path, "--netns", $"{netns.Inode}");
        JsonElement measured = netns.Run(() =>
        {
            using SocktraceProcess doctor = Launch("", "doctor", "--measure-timewait", "--json");
            string output = doctor.Output.ReadToEnd();
            Assert.Equal(0, doctor.WaitForExit());
            Assert.Equal("socktrace: TIME_WAIT: 15 s of 60 s", doctor.ErrorLines()[1]);
            return JsonElement.Parse(output);
        });
        long? lport = measured.Number("lport");
        JsonElement traced = Assert.Single(Eventually.Gives(
            () => RecordedTrace.ReadWhole(path).OfType("time_wait").Where(record => record.Number("lport") == lport).ToArray() is { Length: > 0 } found ? found : null,
            () => File.ReadAllText(path)));
        tracer.Terminate();
        Assert.Equal(0, tracer.WaitForExit());

        Assert.Equal(("expired", "sock_diag"), (measured.Text("ended"), measured.Text("by")));
        Assert.InRange(measured.Number("timer_ns")!.Value, 59_900_000_000, 60_100_000_000);
        Assert.Equal(("expired", "measured"), (traced.Text("ended"), traced.Text("precision")));
        // The two looks between which it went, and what it takes to take one on a busy machine.
        Assert.InRange(traced.Number("duration_ns")!.Value, measured.Number("last_seen_ns")!.Value - 20_000_000, measured.Number("gone_ns")!.Value + 20_000_000);
        Assert.InRange(measured.Number("gone_ns")!.Value, 60_000_000_000, 60_100_000_000 + measured.Number("bucket_ns")!.Value);
    }

    [Fact]
    public void WhoInterruptsItLearnsTheLengthOfTheTimer()
    {
        using var netns = new TestNamespace();
        using SocktraceProcess doctor = netns.Run(() => SocktraceProcess.Launch("doctor", "--measure-timewait"));
        doctor.WaitForErrorLine("socktrace: TIME_WAIT: 0 s of 60 s");
        doctor.Interrupt();
        string output = doctor.Output.ReadToEnd();
        Assert.Equal(0, doctor.WaitForExit());
        Assert.Matches(@"\n  timer       (59\.9|60\.0)\d\d s", output); // one look or two, each as fine as a tick
        Assert.DoesNotContain("gone after", output, StringComparison.Ordinal);
    }

    [Fact]
    public void WhereNoMiniSocketIsMadeItSaysSo()
    {
        using var netns = new TestNamespace();
        netns.Sysctl("ipv4/tcp_max_tw_buckets", "0");
        (int exitCode, string output, _) = netns.Run(() => SocktraceProcess.RunToEnd("doctor", "--measure-timewait", "--json"));
        Assert.Equal(1, exitCode);
        Assert.Equal(("not_made", 0L), (JsonElement.Parse(output).Text("ended"), JsonElement.Parse(output).Number("max_tw_buckets")));
    }

    private static JsonElement One(string json, string id) =>
        JsonElement.Parse(json).GetProperty("checks").EnumerateArray().Single(check => check.Text("id") == id);

    /// <summary>A grant's capabilities, as setpriv takes them: <c>+bpf,+perfmon</c>.</summary>
    private static string Grant(string json, int index) => string.Join(',', JsonElement.Parse(json).GetProperty("grants")[index]
        .GetProperty("capabilities").EnumerateArray().Select(name => "+" + name.GetString()!["CAP_".Length..].ToLowerInvariant()));

    private static (int ExitCode, string Output) Run(string capabilities, params string[] arguments)
    {
        using SocktraceProcess socktrace = Launch(capabilities, arguments);
        string output = socktrace.Output.ReadToEnd();
        return (socktrace.WaitForExit(), output);
    }

    /// <summary>As an ordinary user who has these capabilities, and no others.</summary>
    private static SocktraceProcess Launch(string capabilities, params string[] arguments)
    {
        string[] privileges = capabilities.Length == 0
            ? ["--inh-caps=-all", "--bounding-set=-all"]
            : [$"--inh-caps={capabilities}", $"--ambient-caps={capabilities}", $"--bounding-set=-all,{capabilities}"];
        return SocktraceProcess.LaunchThrough("setpriv", [.. AsNobody, .. privileges, SocktraceProcess.Binary, .. arguments]);
    }
}

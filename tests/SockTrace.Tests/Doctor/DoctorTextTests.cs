using System.Text;
using SockTrace.Doctor;

namespace SockTrace.Tests.Doctor;

/// <summary>What people read.</summary>
public sealed class DoctorTextTests
{
    [Fact]
    public void LinesFitATerminalUnlessTheyAreCommands() => Assert.All(SomeHost.All.SelectMany(facts => Lines(facts, colour: false)),
        line => Assert.True(line.Length <= 80 || line.Contains("sudo ", StringComparison.Ordinal), line));

    [Fact]
    public void TheStatusComesFirstAndTheVerdictLast()
    {
        string[] lines = Lines(SomeHost.OrdinaryUser, colour: false);
        Assert.Equal("ok       kernel 6.12.117-amd64: 5.10 or later", lines[0]);
        Assert.Contains("missing  capabilities: none that matter; not CAP_BPF with CAP_PERFMON", lines);
        Assert.Contains("limited  kernel addresses: /proc/kallsyms shows none: no CAP_SYSLOG", lines);
        Assert.Equal("bpf cannot be had: auto takes proc, which polls; TIME_WAIT is inferred", lines[^1]);
    }

    [Fact]
    public void EveryVerdictIsOneLine() => Assert.All(SomeHost.All, facts =>
        Assert.Equal(Judge.Of(facts, "/usr/bin/socktrace").Verdict.Text, Lines(facts, colour: false)[^1]));

    [Fact]
    public void OnlyTheStatusIsColoured()
    {
        Assert.DoesNotContain(Lines(SomeHost.OrdinaryUser, colour: false), line => line.Contains('\e', StringComparison.Ordinal));
        string[] lines = Lines(SomeHost.OrdinaryUser, colour: true);
        Assert.StartsWith("\e[32mok\e[0m       kernel", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("\e[31mmissing\e[0m  bpf", StringComparison.Ordinal));
    }

    private static string[] Lines(DoctorFacts facts, bool colour) =>
        Encoding.UTF8.GetString(DoctorText.Write(Judge.Of(facts, "/usr/bin/socktrace"), colour)).TrimEnd('\n').Split('\n');
}

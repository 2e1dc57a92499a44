using SockTrace.Doctor;

namespace SockTrace.Tests.Doctor;

/// <summary>From facts to findings and remedies.</summary>
public sealed class JudgeTests
{
    [Fact]
    public void AHostThatHasAllIsOk()
    {
        Diagnosis diagnosis = Of(SomeHost.Good);
        Assert.All(diagnosis.Checks, check => Assert.Equal((Check.Ok, null, null, null), (check.Status, check.Cost, check.Remedy, check.Command)));
        Assert.Empty(diagnosis.Grants);
        Assert.Equal(new Verdict(true, "bpf", "measured", "auto takes bpf: every transition is seen, TIME_WAIT is measured"), diagnosis.Verdict);
    }

    [Theory]
    [InlineData("5.10.0-32-amd64", false)]
    [InlineData("5.15.0-91-generic", true)]
    [InlineData("6.1.0-50-amd64", true)]
    [InlineData("6.2.0", false)]
    public void WhereLibbpfSearchesModulesItNeedsTheRight(string kernel, bool expected) => Assert.Equal(expected,
        Of(SomeHost.OrdinaryUser with { Kernel = kernel }).Grants[0].Command.Contains("cap_sys_admin", StringComparison.Ordinal));

    [Fact]
    public void WhatIsNotOkSaysWhatItCostsAndWhatToDo() => Assert.All(SomeHost.All.SelectMany(facts => Of(facts).Checks), check =>
    {
        Assert.True(check.Status is Check.Ok or Check.Limited or Check.Missing, check.Status);
        if (check.Status != Check.Ok)
            Assert.False(string.IsNullOrEmpty(check.Cost), check.What);
        if (check.Status != Check.Ok && check.Id != "bpf") // that one may be explained by another
            Assert.False(string.IsNullOrEmpty(check.Remedy), check.What);
    });

    [Fact]
    public void OnlyWhatWorksIsCalledSo() => Assert.All(SomeHost.All, facts =>
    {
        Diagnosis diagnosis = Of(facts);
        Assert.Equal(!diagnosis.Checks.Any(check => check.Status == Check.Missing), diagnosis.Verdict.Works);
    });

    [Fact]
    public void AnOrdinaryUserIsToldWhichCapabilitiesToGrant()
    {
        Diagnosis diagnosis = Of(SomeHost.OrdinaryUser);
        Assert.Equal(["capabilities", "bpf"], Missing(diagnosis));
        Assert.Contains("kernel.unprivileged_bpf_disabled, here 2, changes nothing", One(diagnosis, "capabilities").Cost, StringComparison.Ordinal);
        Assert.Null(One(diagnosis, "bpf").Remedy);
        Assert.Equal(
            [
                "sudo setcap cap_bpf,cap_perfmon,cap_syslog+ep /usr/bin/socktrace",
                "sudo setcap cap_bpf,cap_perfmon,cap_syslog,cap_sys_admin,cap_sys_ptrace,cap_dac_read_search+ep /usr/bin/socktrace",
            ], diagnosis.Grants.Select(grant => grant.Command));
        Assert.Equal((false, "proc", "inferred"), (diagnosis.Verdict.Works, diagnosis.Verdict.Source, diagnosis.Verdict.TimeWait));
    }

    [Fact]
    public void WhereEverybodySeesAddressesNoCapabilityIsNamedForThem() => Assert.Equal(
        ["CAP_BPF", "CAP_PERFMON"], Of(SomeHost.OrdinaryUser with { HasKernelAddresses = true }).Grants[0].Capabilities);

    [Fact]
    public void APathThatAShellWouldTakeApartIsQuoted() => Assert.Equal(
        "sudo setcap cap_bpf,cap_perfmon,cap_syslog+ep '/home/a b/it'\\''s'", Judge.Of(SomeHost.OrdinaryUser, "/home/a b/it's").Grants[0].Command);

    [Fact]
    public void AKernelThatIsTooOldIsNamed()
    {
        Diagnosis diagnosis = Of(SomeHost.TooOld);
        Assert.Equal("kernel 5.4.0-150-generic: older than 5.10", One(diagnosis, "kernel").What);
        Assert.Null(One(diagnosis, "bpf").Remedy); // and not "run as root"
        Assert.Equal((false, "proc"), (diagnosis.Verdict.Works, diagnosis.Verdict.Source));
    }

    [Theory]
    [InlineData("6.18.44-fc", 6, 18)]
    [InlineData("5.10.0-32-cloud-amd64", 5, 10)]
    [InlineData("7.0-rc1", 7, 0)]
    public void VersionsAreReadOutOfReleases(string release, int major, int minor) =>
        Assert.Equal(new Version(major, minor), HostChecks.VersionOf(release));

    [Fact]
    public void AReleaseThatIsNoNumberIsNotTakenForOld() =>
        Assert.Equal(Check.Ok, One(Of(SomeHost.Good with { Kernel = "unknown" }), "kernel").Status);

    [Fact]
    public void WithoutBtfItIsTheKernelThatMustChange()
    {
        Diagnosis diagnosis = Of(SomeHost.NoBtf);
        Assert.Equal(["btf", "bpf"], Missing(diagnosis));
        Assert.Contains("CONFIG_DEBUG_INFO_BTF", One(diagnosis, "btf").Remedy, StringComparison.Ordinal);
        Assert.Empty(diagnosis.Grants);
    }

    [Fact]
    public void LockdownIsNamedAndIsNoFaultWhereItTracesAllTheSame()
    {
        Check lockdown = One(Of(SomeHost.LockedDown), "lockdown");
        Assert.Equal(Check.Ok, lockdown.Status);
        Assert.Contains("confidentiality", lockdown.What, StringComparison.Ordinal);
        Assert.Equal(["lockdown", "bpf"], Missing(Of(SomeHost.LockedDownAndRefused)));
    }

    [Fact]
    public void LockedMemoryCountsBeforeLinux511Only()
    {
        Diagnosis diagnosis = Of(SomeHost.LockedMemory);
        Assert.Equal(["locked_memory", "bpf"], Missing(diagnosis));
        Assert.Equal("ulimit -l unlimited", One(diagnosis, "locked_memory").Command);
        Assert.DoesNotContain(Of(SomeHost.Good).Checks, check => check.Id == "locked_memory");
        // What replaces the set that a file has must have it, also where it is held already.
        Assert.All(Of(SomeHost.LockedMemory with { Capabilities = SomeHost.OrdinaryUser.Capabilities }).Grants,
            grant => Assert.Contains("CAP_SYS_RESOURCE", grant.Capabilities));
    }

    [Fact]
    public void InAContainersUserNamespaceNoCapabilityHelps()
    {
        Diagnosis diagnosis = Of(SomeHost.RootlessContainer with { ProcessesHidden = 1, Capabilities = default });
        Assert.Contains("user_namespace", Missing(diagnosis));
        Assert.Empty(diagnosis.Grants);
        Assert.Equal("Run outside of this user namespace.", One(diagnosis, "namespaces").Remedy);
    }

    [Fact]
    public void ASeccompFilterIsNamedWhereNothingElseExplainsTheRefusal()
    {
        Assert.Equal(["seccomp", "bpf"], Missing(Of(SomeHost.Filtered)));
        Assert.DoesNotContain(Of(SomeHost.Good with { HasSeccompFilter = true }).Checks, check => check.Id == "seccomp");
    }

    [Fact]
    public void WithoutAddressesWhatEndsOneEarlyIsNotTold()
    {
        Diagnosis diagnosis = Of(SomeHost.NoSyslog);
        Assert.Equal((true, "measured"), (diagnosis.Verdict.Works, diagnosis.Verdict.TimeWait));
        Assert.Equal(["kernel_addresses", "time_wait"], Limited(diagnosis));
        Assert.Equal(["CAP_BPF", "CAP_PERFMON", "CAP_SYSLOG"], diagnosis.Grants[0].Capabilities);
    }

    [Fact]
    public void AddressesThatNobodyMaySeeTakeASysctlAndNoCapability()
    {
        Diagnosis diagnosis = Of(SomeHost.AddressesForNobody);
        Assert.Equal("sudo sysctl kernel.kptr_restrict=1", One(diagnosis, "kernel_addresses").Command);
        Assert.Empty(diagnosis.Grants);
    }

    [Fact]
    public void ByTimersTimeWaitIsMeasuredAndItIsSaidWhyNotBetter()
    {
        Diagnosis diagnosis = Of(SomeHost.Timers);
        Assert.Equal(["accept"], Limited(diagnosis));
        Assert.Equal((Check.Ok, "TIME_WAIT: measured, by timers"), (One(diagnosis, "time_wait").Status, One(diagnosis, "time_wait").What));
        Assert.StartsWith("TIME_WAIT not by functions: the kernel lets none be hooked", One(diagnosis, "time_wait").Cost, StringComparison.Ordinal);
        Assert.Equal("measured", diagnosis.Verdict.TimeWait);
    }

    [Fact]
    public void FtraceThatIsOffIsTurnedOnByASysctl()
    {
        Diagnosis diagnosis = Of(SomeHost.NoFtrace);
        Assert.Equal(["ftrace", "accept"], Limited(diagnosis));
        Assert.Equal("sudo sysctl kernel.ftrace_enabled=1", One(diagnosis, "ftrace").Command);
    }

    [Fact]
    public void WhatIsInferredIsCalledSo()
    {
        Diagnosis diagnosis = Of(SomeHost.Inferred);
        Assert.Equal(["kernel_addresses", "time_wait", "accept"], Limited(diagnosis));
        Assert.Equal((true, "bpf", "inferred"), (diagnosis.Verdict.Works, diagnosis.Verdict.Source, diagnosis.Verdict.TimeWait));
    }

    [Fact]
    public void AHookThatAttachesAndDoesNotFireIsNoTrace()
    {
        Diagnosis diagnosis = Of(SomeHost.SilentTracepoint);
        Assert.Equal(["transitions"], Missing(diagnosis));
        Assert.Equal("transitions: 4 of 9 of a connection of our own arrived", One(diagnosis, "transitions").What);
        Assert.Equal((false, "bpf"), (diagnosis.Verdict.Works, diagnosis.Verdict.Source));
        Assert.Equal(["time_wait"], Limited(Of(SomeHost.SilentMiniSockets)));
        Assert.Equal(["accept"], Limited(Of(SomeHost.SilentAccept)));
    }

    [Fact]
    public void WithoutLoopbackItIsSaidThatNothingWasTried()
    {
        Diagnosis diagnosis = Of(SomeHost.NoLoopback);
        Assert.Equal(["transitions"], Limited(diagnosis));
        Assert.Equal("sudo ip link set lo up", One(diagnosis, "transitions").Command);
        Assert.True(diagnosis.Verdict.Works);
    }

    [Fact]
    public void WhatProcHidesIsSaid()
    {
        Assert.Equal("processes: /proc is mounted with hidepid=2", One(Of(SomeHost.HiddenProcesses), "processes").What);
        Assert.DoesNotContain(Of(SomeHost.Good with { HidePid = "2" }).Checks, check => check.Id == "processes");
        Assert.Contains("PID namespace", One(Of(SomeHost.Good with { IsInitialPidNamespace = false }), "processes").What, StringComparison.Ordinal);
    }

    [Fact]
    public void TheRemedyNamesTheCapabilitiesThatAreLacking()
    {
        Diagnosis diagnosis = Of(SomeHost.OrdinaryUser);
        Assert.Equal("Run as root, or grant CAP_SYS_ADMIN and CAP_SYS_PTRACE, as below.", One(diagnosis, "namespaces").Remedy);
        Assert.Equal("Run as root, or grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, as below.", One(diagnosis, "owners").Remedy);
        Assert.StartsWith("None that shows", One(Of(SomeHost.Good with { ProcessesUnreadable = 1 }), "owners").Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutAnySourceTheVerdictSaysSo() =>
        Assert.Equal((false, null, null), (Of(SomeHost.Nothing).Verdict.Works, Of(SomeHost.Nothing).Verdict.Source, Of(SomeHost.Nothing).Verdict.TimeWait));

    [Fact]
    public void SockDiagIsNotNeeded()
    {
        Diagnosis diagnosis = Of(SomeHost.NoSockDiag);
        Assert.Equal(["sock_diag"], Limited(diagnosis));
        Assert.True(diagnosis.Verdict.Works);
    }

    private static Diagnosis Of(DoctorFacts facts) => Judge.Of(facts, "/usr/bin/socktrace");

    private static Check One(Diagnosis diagnosis, string id) => diagnosis.Checks.Single(check => check.Id == id);

    private static string[] Missing(Diagnosis diagnosis) => [.. diagnosis.Checks.Where(check => check.Status == Check.Missing).Select(check => check.Id)];

    private static string[] Limited(Diagnosis diagnosis) => [.. diagnosis.Checks.Where(check => check.Status == Check.Limited).Select(check => check.Id)];
}

using SockTrace.Bpf;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Bpf;

/// <summary>What is read of the running kernel's BTF, against what libbpf reads.</summary>
public sealed class KernelBtfTests
{
    private const string Path = "/sys/kernel/btf/vmlinux";

    [Theory]
    [InlineData("inet_twsk_deschedule_put")]
    [InlineData("tcp_v4_connect")]
    [InlineData("vfs_read")]
    [InlineData("schedule")]
    public void AFunctionHasTheIdAndTheParametersThatLibbpfFinds(string name)
    {
        using var ours = new KernelBtf("no_such_function", name, "tcp_close");
        using var theirs = new Btf(Path);
        (int id, int parameters) = theirs.Function(name);
        Assert.True(ours.HasFunction(name));
        Assert.Equal(id, ours.FunctionId(name));
        Assert.Equal(parameters, ours.ParameterCount(name));
    }

    [Fact]
    public void WhatIsNoFunctionIsNone()
    {
        using var ours = new KernelBtf("inet_timewait_sock", "twsk_deschedule_put", "no_such_function");
        Assert.False(ours.HasFunction("inet_timewait_sock")); // a struct
        Assert.False(ours.HasFunction("twsk_deschedule_put")); // the end of a name
        Assert.False(ours.HasFunction("no_such_function"));
        Assert.Equal(-1, ours.ParameterCount("no_such_function"));
    }

    [Theory]
    [InlineData("inet_timewait_sock", "tw_timer", true)]
    [InlineData("inet_timewait_sock", "tw_tw_timer", false)]
    [InlineData("inet_timewait_sock", "inum", false)] // a member elsewhere
    [InlineData("ns_common", "inum", true)]
    [InlineData("no_such_struct", "inum", false)]
    public void AStructHasTheMembersThatItHas(string structure, string member, bool isThere)
    {
        using var ours = new KernelBtf();
        Assert.Equal(isThere, ours.HasMember(structure, member));
    }
}

using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Tracking;

namespace SockTrace.Tests.Filters;

public sealed class FilterWordsTests
{
    [Fact]
    public void WordsAreThoseOfTheOptions()
    {
        Assert.Null(FilterWords.Parse("port:3306 comm:php* state:time_wait lport:1 rport:2 pid:7 family:6 min-lifetime:10ms cgroup:5 role:client host:10.0.0.0/8 abc", out FilterWords words));
        Assert.Equal(((ushort?)3306, (ushort?)1, (ushort?)2), (words.Filter.Port, words.Filter.Lport, words.Filter.Rport));
        Assert.Equal("php*", words.Filter.Comm!.Pattern);
        Assert.Equal((TcpState.TimeWait, Role.Client), (words.State, words.Role));
        Assert.Equal(((uint?)7, IpFamily.IPv6, (ulong?)5), (words.Filter.Pid, words.Filter.Family, words.Filter.Cgroup));
        Assert.Equal(TimeSpan.FromMilliseconds(10), words.Filter.MinLifetime);
        Assert.True(words.Filter.Host!.Value.Contains(IpAddress.FromIPv4(0x0A010203)));
        Assert.Equal(["abc"], words.Texts);
    }

    [Theory]
    [InlineData("port:70000", "port:70000 is not a port number from 1 to 65535")]
    [InlineData("pid:x", "pid:x is not a process id from 1 to 4194304")]
    [InlineData("state:DONE", "state:DONE is not a state, such as ESTABLISHED or TIME_WAIT")]
    [InlineData("state:NEW_SYN_RECV", "state:NEW_SYN_RECV is not a state, such as ESTABLISHED or TIME_WAIT")]
    [InlineData("role:2", "role:2 is not client, server, listener or unknown")]
    [InlineData("role:", "role: is not client, server, listener or unknown")]
    [InlineData("family:5", "family:5 is not 4 or 6")]
    [InlineData("host:10.0.0.0/40", "host:10.0.0.0/40 is not an address or a prefix, such as 10.0.0.0/8 or 2001:db8::1")]
    [InlineData("netns:nowhere", "netns:nowhere is not an inode number, a path, pid:N, or a name that `ip netns` lists")]
    [InlineData("prt:3306", "prt: is no filter; those are port lport rport host pid comm netns cgroup family min-lifetime state role")]
    [InlineData("comm:", "comm: is not a process name, such as mysqld or php*")]
    public void WhatIsWrongIsSaidAndLeftOut(string word, string expected)
    {
        Assert.Equal(expected, FilterWords.Parse($"port:1 {word}", out FilterWords words));
        Assert.Equal((ushort)1, words.Filter.Port);
        Assert.Empty(words.Texts);
    }

    [Fact]
    public void AnAddressWithColonsIsText()
    {
        Assert.Null(FilterWords.Parse("2001:db8::1 127.0.0.1:3306", out FilterWords words));
        Assert.True(words.Filter.IsEmpty);
        Assert.True(words.IsIn("[2001:DB8::1]:80", "127.0.0.1:33060"));
        Assert.False(words.IsIn("[2001:DB8::1]:80", "127.0.0.1:80"));
    }

    [Fact]
    public void NothingIsNoFilter()
    {
        Assert.Null(FilterWords.Parse("  ", out FilterWords words));
        Assert.True(words.IsEmpty);
    }
}

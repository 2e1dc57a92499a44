using SockTrace.Host;

namespace SockTrace.Tests.Host;

public sealed class KernelCountersTests
{
    private const string Snmp = """
        Ip: Forwarding DefaultTTL
        Ip: 1 64
        Tcp: RtoAlgorithm MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets
        Tcp: 1 -1 10 20 30 40
        """;

    [Fact]
    public void WhatIsNotWantedNeedNotBeANumber()
    {
        KernelCounters? counters = KernelCounters.Parse(Snmp, "TcpExt: SomethingNew TW TWRecycled TWKilled\nTcpExt: 18446744073709551615 5 2 1");
        Assert.Equal(new KernelCounters(10, 20, 30, 40, TW: 6, TWRecycled: 2, TCPTimeWaitOverflow: 0), counters);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("TcpExt: TW")]
    [InlineData("TcpExt: TW TWRecycled\nTcpExt: 5")]
    [InlineData("TcpExt: TW\nTcpExt: many")]
    public void WhatIsWantedMustBe(string? netstat) => Assert.Null(KernelCounters.Parse(Snmp, netstat));
}

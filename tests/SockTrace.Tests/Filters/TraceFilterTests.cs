using SockTrace.Events;
using SockTrace.Filters;

namespace SockTrace.Tests.Filters;

public sealed class TraceFilterTests
{
    /// <summary>The audit differs for the sake of those, and of no others.</summary>
    [Fact]
    public void OnlyWhatHidesPartOfANamespaceExplainsThatTheKernelCountsMoreThere()
    {
        Assert.False(new TraceFilter().HidesPartOfNetns);
        Assert.False(new TraceFilter { Netns = 7 }.HidesPartOfNetns);
        Assert.True(new TraceFilter { Netns = 7, Port = 3306 }.HidesPartOfNetns);
        Assert.True(new TraceFilter { Lport = 3306 }.HidesPartOfNetns);
        Assert.True(new TraceFilter { Rport = 3306 }.HidesPartOfNetns);
        Assert.True(new TraceFilter { Family = IpFamily.IPv6 }.HidesPartOfNetns);
        Assert.True(new TraceFilter { Netns = 7 }.HasTuple);
    }
}

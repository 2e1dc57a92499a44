using SockTrace.Host;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Host;

/// <summary>What is known of namespaces when looks into them find something else, or fail.</summary>
public sealed class NetworkNamespacesTests
{
    private const uint Netns = 4026531840;

    private readonly List<string> _said = [];
    private Func<List<NamespaceState>> _look = () => [];

    [Fact]
    public void ALookThatFailsIsNoLookAndSaidOnce()
    {
        _look = () => [State(32768, 60999, opens: 5)];
        NetworkNamespaces namespaces = Begin();

        _look = () => throw new IOException("too many open files");
        Refresh(namespaces);
        Refresh(namespaces);
        Assert.Equal(28232, namespaces.RangeOf(Netns)!.Size);
        Assert.Empty(namespaces.CountersNow());
        Assert.StartsWith("cannot look into network namespaces: too many open files", Assert.Single(_said), StringComparison.Ordinal);

        _look = () => [State(1000, 1999, opens: 7)];
        Refresh(namespaces);
        Assert.Equal(1000, namespaces.RangeOf(Netns)!.Size);
        Assert.Equal(2, Assert.Single(namespaces.CountersNow()).Grown.ActiveOpens);
    }

    [Fact]
    public void WithoutAFirstLookThereIsNothingToCompareCountersWith()
    {
        _look = () => throw new UnauthorizedAccessException("no");
        NetworkNamespaces namespaces = Begin();
        _look = () => [State(32768, 60999, opens: 5_000_000)];
        Refresh(namespaces);
        Assert.Equal(28232, namespaces.RangeOf(Netns)!.Size);
        Assert.Empty(namespaces.CountersNow());
    }

    [Fact]
    public void WhereACloseLookChangesNothingTheRegularOneIsWaitedFor()
    {
        int looks = 0;
        ushort high = 1009;
        _look = () =>
        {
            looks++;
            return [State(1000, high, opens: 0)];
        };
        NetworkNamespaces namespaces = Begin();

        high = 1004; // somebody has changed it
        Assert.Equal(5, namespaces.RangeAtExhaustion(Netns, taken: 5)!.Size);
        Assert.Equal(2, looks);
        Eventually.Soon(() => namespaces.RangeAtExhaustion(Netns, taken: 4)!.Size == 5 && looks == 3);
        Thread.Sleep(150); // longer than a look is waited for between two
        Assert.Equal(5, namespaces.RangeAtExhaustion(Netns, taken: 4)!.Size);
        Assert.Equal(3, looks);

        high = 1003;
        Refresh(namespaces);
        Assert.Equal(4, namespaces.RangeAtExhaustion(Netns, taken: 3)!.Size);
        Assert.Equal(5, looks);
    }

    [Fact]
    public void AnInodeNumberThatIsAnothersByNowIsNoAudit()
    {
        _look = () => [State(32768, 60999, opens: 1000)];
        NetworkNamespaces namespaces = Begin();
        _look = () => [State(1000, 1999, opens: 3)];
        Refresh(namespaces);
        Assert.Equal(1000, namespaces.RangeOf(Netns)!.Size);
        _look = () => [State(1000, 1999, opens: 2000)];
        Assert.Empty(namespaces.CountersNow());
        Assert.Equal(0, namespaces.FirstLook(Netns).TimeNs);
    }

    [Fact]
    public void OneThatEndsIsForgottenAndTheNextWithItsNumberIsNotItsAudit()
    {
        _look = () => [State(32768, 60999, opens: 10)];
        NetworkNamespaces namespaces = Begin();
        _look = () => [];
        Refresh(namespaces);
        Assert.Null(namespaces.RangeOf(Netns));
        Assert.True(namespaces.IsWanting);

        _look = () => [State(1000, 1999, opens: 20)];
        Refresh(namespaces);
        Assert.Equal(1000, namespaces.RangeOf(Netns)!.Size);
        Assert.Empty(namespaces.CountersNow());
    }

    [Fact]
    public void OneThatIsReplacedBeforeTheLastLookIsNoAudit()
    {
        _look = () => [State(32768, 60999, opens: 10)];
        NetworkNamespaces namespaces = Begin();
        _look = () => [State(32768, 60999, opens: 9)];
        Assert.Empty(namespaces.CountersNow());
    }

    [Fact]
    public void OneThatIsAskedForAndNotThereIsSaid()
    {
        Begin(only: Netns);
        Assert.StartsWith($"network namespace {Netns} cannot be looked into: ", Assert.Single(_said), StringComparison.Ordinal);
    }

    private NetworkNamespaces Begin(uint? only = null)
    {
        var namespaces = new NetworkNamespaces(only, _said.Add, lookAround: (_, _) => _look());
        namespaces.WaitForFirstLook();
        return namespaces;
    }

    private static void Refresh(NetworkNamespaces namespaces)
    {
        namespaces.Refresh();
        Eventually.Soon(namespaces.TakeIn);
    }

    private static NamespaceState State(ushort low, ushort high, long opens) =>
        new(Netns, new PortRange(low, high, []), new CountersLook(1, 1, 1, new KernelCounters(opens, 0, 0, 0, 0, 0, 0)));
}

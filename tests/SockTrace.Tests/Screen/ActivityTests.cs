using SockTrace.Events;
using SockTrace.Screen;
using SockTrace.Tracking;

namespace SockTrace.Tests.Screen;

public sealed class ActivityTests
{
    [Fact]
    public void APoolThatWasForgottenSinceTheResetCountsFromItsOwnBegin()
    {
        PoolKey first = new(default, default, 1, 3306), second = new(default, default, 1, 5432);
        var pools = new PoolTable(maxPools: 1, _ => null);
        var activity = new Activity();
        for (int i = 0; i < 3; i++)
            pools.Take(first, pid: 7, Comm.From("mysql"u8));
        activity.Reset(1, pools);
        Assert.Equal(0, activity.SinceReset(pools.UseOf(pools.Oldest)).Opened);
        pools.Take(second, pid: 7, Comm.From("psql"u8));
        Assert.Equal(1, activity.SinceReset(pools.UseOf(pools.Oldest)).Opened);
        pools.Take(first, pid: 7, Comm.From("mysql"u8));
        Assert.Equal(1, activity.SinceReset(pools.UseOf(pools.Oldest)).Opened);
    }
}

using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Tests.Tracking;

public sealed class PoolTableTests
{
    private static readonly PoolKey Key = new(IpAddress.FromIPv4(1), IpAddress.FromIPv4(2), 3, 3306);

    private readonly PoolTable _pools = new(16, _ => new PortRange(40000, 40299, []));
    private readonly PoolUse[] _fullest = new PoolUse[1];

    [Fact]
    public void WhatWasThereBeforeIsNoGrowth()
    {
        for (int i = 0; i < 100; i++)
        {
            _pools.Found(Key);
            _pools.FoundTimeWait(Key);
        }
        Open(20, isClosed: true);
        PoolUse pool = Tick();
        Assert.Equal((220, 20.0), (pool.Taken, pool.Rates.Growth));
        Assert.Equal(4, pool.SecondsToEmpty);
    }

    [Fact]
    public void APoolThatBearsItsRateIsNeverEmpty()
    {
        Open(4, isClosed: true);
        PoolUse pool = Tick();
        Assert.Equal(4, pool.Rates.Growth);
        // 240 in TIME_WAIT at most.
        Assert.True(double.IsInfinity(pool.SecondsToEmpty));
        Assert.False(pool.IsFilling);
    }

    [Fact]
    public void OneThatDoesNotIs()
    {
        Open(6, isClosed: true);
        Assert.Equal(294 / 6.0, Tick().SecondsToEmpty);
    }

    [Fact]
    public void ConnectionsThatStayFillItHoweverSlowly()
    {
        Open(4, isClosed: false);
        Assert.Equal(296 / 4.0, Tick().SecondsToEmpty);
    }

    [Fact]
    public void OneWhoseTimeWaitsAreTakenOverLevelsOff()
    {
        // tcp_tw_reuse: of 20 a second 5 get a port that was in TIME_WAIT.
        for (int second = 0; second < 14; second++)
        {
            Open(20, isClosed: true);
            for (int i = 0; i < 5; i++)
                _pools.ReleaseTimeWait(Key, isTakenOver: true);
            PoolUse pool = Tick();
            Assert.Equal((true, false), (double.IsInfinity(pool.SecondsToEmpty), pool.IsFilling));
        }
        Assert.Equal(210, _pools.Taken);

        // But not where connections stay.
        Open(60, isClosed: false);
        Assert.InRange(Tick().SecondsToEmpty, 0.1, 3);
    }

    [Fact]
    public void WhileABurstComesToItsEndItIsTheRateThatTells()
    {
        for (int second = 0; second < 10; second++)
        {
            Open(20, isClosed: true);
            _pools.Tick(1);
        }
        // A minute later as many come back as go.
        for (int second = 0; second < 10; second++)
        {
            Open(20, isClosed: true);
            for (int i = 0; i < 22; i++)
                _pools.ReleaseTimeWait(Key);
            _pools.Tick(1);
        }
        PoolUse pool = TheOne();
        Assert.True(pool.Rates.Growth < 1);
        Assert.InRange(pool.SecondsToEmpty, 5, 9); // 120 are free, 20 a second go into TIME_WAIT, and it bears 5
    }

    [Fact]
    public void ABurstIsToldByItsRateAndIsForgottenAfterIt()
    {
        Open(14, isClosed: true); // it begins a third of a second before the tick
        Assert.Equal(14, Tick().Rates.Opens);
        for (int second = 0; second < 4; second++)
        {
            Open(46, isClosed: true);
            Assert.Equal(46, Tick().Rates.Opens);
        }
        double[] after = [.. Enumerable.Range(0, 6).Select(_ => Tick().Rates.Opens)];
        Assert.Equal([36.8, 27.6, 18.4, 9.2, 0, 0], after.Select(rate => Math.Round(rate, 1)));

        Open(46, isClosed: true);
        Assert.Equal(46, Tick().Rates.Opens); // the quiet before is no part of it
    }

    [Fact]
    public void WhatWasFoundLateIsNoGrowthOfAnySecond()
    {
        Open(10, isClosed: true);
        Tick();
        for (int i = 0; i < 100; i++)
            _pools.FoundTimeWait(Key);
        Open(10, isClosed: true);
        Assert.Equal((120, 10.0), (Tick().Taken, TheOne().Rates.Growth));
    }

    [Fact]
    public void ThatOneIsFillingAndThatItIsFullIsNewOnceEach()
    {
        var told = new List<bool>();
        void Second(int opened, bool isFull = false)
        {
            Open(opened, isClosed: true);
            if (isFull)
                _pools.Exhausted(Key);
            _pools.Tick(1);
            told.Add(_pools.HasNewlyFilling);
        }

        Second(1);
        Second(100);
        Second(100);
        Second(98, isFull: true);
        Second(0, isFull: true);
        Assert.Equal([false, true, false, true, false], told);
    }

    [Fact]
    public void OfThoseThatAreQuietAndEmptySoManyAreKept()
    {
        var pools = new PoolTable(10_000, _ => new PortRange(40000, 40099, []));
        PoolKey exhausted = Key with { Rport = 1 }, taken = Key with { Rport = 2 };
        pools.Exhausted(exhausted);
        pools.Found(taken);
        for (int i = 3; i < PoolTable.MaxQuiet + 100; i++)
        {
            pools.Take(Key with { Rport = (ushort)i }, 7, default);
            pools.Release(Key with { Rport = (ushort)i });
        }
        int all = pools.Count;
        pools.Tick(1);
        Assert.Equal(all, pools.Count); // their rates are of interest still
        for (int i = 0; i < 60; i++)
            pools.Tick(1);
        Assert.Equal((PoolTable.MaxQuiet, 0L), (pools.Count, pools.Forgotten));

        var fullest = new PoolUse[3];
        Assert.Equal(2, pools.Fullest(fullest));
        Assert.Equal([taken, exhausted], fullest[..2].Select(use => use.Key));
    }

    [Fact]
    public void AReservedPortIsOfNoPool()
    {
        var range = PortRange.Parse("40000\t40299", "40100,40200-40210,50000");
        var pools = new PoolTable(16, _ => range);
        int[] reserved = [40100, .. Enumerable.Range(40200, 11)];
        int[] outside = [.. Enumerable.Range(1, 65535).Where(port => !pools.IsFromRange(3, (ushort)port))];
        Assert.Equal([.. Enumerable.Range(1, 39999), .. reserved, .. Enumerable.Range(40300, 65535 - 40299)], outside);
    }

    [Fact]
    public void ToTellThatAllocatesNothing()
    {
        var range = PortRange.Parse("40000\t40299", "40100,40200-40210,50000")!;
        _ = range.Contains(40150);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = range.Contains(40150);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private void Open(int count, bool isClosed)
    {
        for (int i = 0; i < count; i++)
        {
            _pools.Take(Key, 7, Comm.From("shop"u8));
            if (!isClosed)
                continue;
            _pools.Release(Key);
            _pools.TakeTimeWait(Key);
        }
    }

    private PoolUse Tick()
    {
        _pools.Tick(1);
        return TheOne();
    }

    private PoolUse TheOne()
    {
        Assert.Equal(1, _pools.Fullest(_fullest));
        return _fullest[0];
    }
}

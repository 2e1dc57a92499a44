using System.Net;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Tracking;

namespace SockTrace.Tests.Support;

/// <summary>Records of every type with any values in them, written by the real sink.</summary>
internal sealed class RandomRecords(Random random)
{
    private const long NowNs = 1_795_434_733_000_000_000;

    private static readonly byte[][] Comms =
    [
        [.. "php-fpm"u8], [.. "mariadbd"u8], [.. "a b\"c\\d"u8], [.. "naïve-ünïcödé"u8], [0x1B, .. "[2J"u8], [0xFF, 0xC3, (byte)'x'], [],
    ];

    /// <summary>A whole trace: a header first, an end last.</summary>
    public string[] Lines(int records)
    {
        using var folder = new TempFolder();
        string path = folder.File("trace");
        TraceHeader header = Headers.Any with { TimeWait = random.Next(2) == 0 ? "measured" : null, Filters = random.Next(2) == 0 ? "--port 3306" : "" };
        using (var sink = new NdjsonSink(new OutputWriter(OutputFile.Create(path, force: true), Assert.Fail, queue: new OutputQueue(waits: true)), WallClock.Fixed(NowNs), header))
        {
            for (int i = 0; i < records; i++)
                WriteAny(sink);
            sink.OnEnd(new TraceTotals(Time(), 1, 1, random.Next(3), random.Next(3), random.Next(3), random.Next(3), random.Next(3))
            {
                Audit = [new AuditedNamespace(4026531840, [.. Enumerable.Range(0, 7).Select(_ => random.NextInt64(99))], new long[7], IsTiming: false)],
            });
        }
        return File.ReadAllLines(path);
    }

    private void WriteAny(NdjsonSink sink)
    {
        ConnectionTable table = Connection();
        var view = new ConnectionView(table, 0);
        switch (random.Next(8))
        {
            case 0:
                sink.OnTimeWaitEnded(new EndedMiniSocket(MiniSocket(), 0, 3_000_000_000 + Time(), Any<MiniSocketEnding>()));
                break;
            case 1:
                sink.OnPortExhausted(new PortExhausted(view, Time(), random.Next(2) * 28232, random.Next(28233)));
                break;
            case 2:
                PoolUse[] pools = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Pool())];
                sink.OnStatistics(new Statistics(Time(), 1 + random.Next(), pools) { Opened = random.Next(), Live = random.Next(), TimeWait = random.Next() });
                break;
            case 3:
                sink.OnLost(new Loss(Time(), Any<LossPlace>(), 1 + random.Next(100), 100));
                break;
            case 4 or 5:
                sink.OnClosed(new ClosedConnection(view, 3_000_000_000 + Time(), Any<CloseReason>(), Any<ClosedBy>(), random.Next(3) == 0
                    ? null
                    : new CloseTotals((ulong)random.NextInt64(1L << 50), (ulong)random.Next(), (uint)random.Next(3), (uint)random.Next(2) * 381)));
                break;
            default:
                sink.OnTransition(new Transition(view, Time(), (TcpState)random.Next(12), (TcpState)random.Next(1, 12), random.Next(3) == 0 ? -1 : random.Next()));
                break;
        }
    }

    private ConnectionTable Connection()
    {
        var table = new ConnectionTable(1);
        int row = table.Add(1);
        table.Ids[row] = (ulong)random.NextInt64(1, long.MaxValue) >> random.Next(50);
        table.IdsAreCookies[row] = random.Next(4) > 0;
        table.Families[row] = random.Next(2) == 0 ? IpFamily.IPv4 : IpFamily.IPv6;
        table.Netnses[row] = (uint)random.NextInt64(uint.MaxValue + 1L);
        table.Cgroups[row] = (ulong)random.Next(3);
        table.Laddrs[row] = Address();
        table.Raddrs[row] = Address();
        table.Lports[row] = (ushort)random.Next(65536);
        table.Rports[row] = (ushort)(random.Next(2) * random.Next(65536));
        table.Uids[row] = (uint)random.NextInt64(uint.MaxValue + 1L);
        table.Roles[row] = Any<Role>();
        table.OwnersFrom[row] = Any<OwnerFrom>();
        table.Pids[row] = (uint)random.Next();
        table.Comms[row] = AnyComm();
        table.OpenedNs[row] = random.Next(2) * Time();
        table.ConnectNs[row] = random.Next(2) * random.Next();
        table.Reuses[row] = Any<PortReuse>();
        table.ReuseGapsNs[row] = random.Next(-1, 1000);
        for (int states = random.Next(5); states > 0; states--)
            table.StateTimes[row].Add((TcpState)random.Next(1, 12), random.NextInt64(1L << random.Next(1, 55)));
        return table;
    }

    private MiniSocketTable MiniSocket()
    {
        var table = new MiniSocketTable(1);
        int row = table.Add(1);
        table.Ids[row] = (ulong)random.Next();
        table.IdsAreCookies[row] = random.Next(4) > 0;
        table.Families[row] = random.Next(2) == 0 ? IpFamily.IPv4 : IpFamily.IPv6;
        table.Netnses[row] = (uint)random.Next();
        table.Laddrs[row] = Address();
        table.Raddrs[row] = Address();
        table.Lports[row] = (ushort)random.Next(65536);
        table.Rports[row] = (ushort)random.Next(65536);
        table.TimeWaitSinceNs[row] = random.Next(2) * Time();
        table.FinWait2SinceNs[row] = random.Next(2) * Time();
        table.IsInferred[row] = random.Next(2) == 0;
        return table;
    }

    private PoolUse Pool() => new(new PoolKey(Address(), Address(), (uint)random.Next(), (ushort)random.Next(65536)), random.Next(999), random.Next(999),
        random.Next(2) * 28232, new PoolRates(random.NextDouble() * 1000, random.Next(-5, 5), random.Next(-5, 5), random.Next(5), random.Next(2)), random.Next(), random.Next(3), (uint)random.Next(2) * 77, AnyComm());

    private Comm AnyComm() => Comm.From(Comms[random.Next(Comms.Length)]);

    private IpAddress Address()
    {
        byte[] bytes = new byte[random.Next(3) == 0 ? 16 : 4];
        random.NextBytes(bytes);
        return random.Next(8) == 0 ? default : IpAddress.From(new IPAddress(bytes));
    }

    private long Time() => random.NextInt64(1, 2_000_000_000);

    private T Any<T>()
        where T : struct, Enum
    {
        T[] values = Enum.GetValues<T>();
        return values[random.Next(values.Length)];
    }
}

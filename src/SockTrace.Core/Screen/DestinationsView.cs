using SockTrace.Reporting;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>The pools: how many of the ports toward each destination are taken, and by whom.</summary>
internal sealed class DestinationsView(Glyphs glyphs, PoolTakers takers, Action<string> showConnections) : TableView<DestinationRow>(glyphs)
{
    private readonly Column<DestinationRow>[] _columns =
    [
        new("FROM", 15, (in row) => row.From, (in row) => SortKey.Of(row.Pool.Key.Laddr, 0)) { Rank = 8, GrowsTo = 40, KeepsEnd = true },
        new("TO", 21, (in row) => row.To, (in row) => SortKey.Of(row.Pool.Key.Raddr, row.Pool.Key.Rport)) { Rank = 0, GrowsTo = 47, KeepsEnd = true },
        new("TAKEN", 6, (in row) => $"{row.Pool.Taken}", (in row) => SortKey.Of((long)row.Pool.Taken)) { IsNumber = true, Rank = 1 },
        new("OF", 6, (in row) => row.SizeText, (in row) => SortKey.Of((long)row.Pool.Size)) { IsNumber = true, Rank = 7 },
        new("USED", 5, (in row) => row.ShareText, (in row) => SortKey.Of(row.Pool.Share)) { IsNumber = true, Rank = 3, Ink = (in row) => row.Ink },
        new("", 10, (in row) => row.Pool.Size > 0 ? glyphs.Bar(row.Pool.Share, 10) : "", (in row) => SortKey.Of(row.Pool.Share)) { Rank = 12, Ink = (in row) => row.Ink },
        new("EMPTY IN", 8, (in row) => row.EmptyInText, (in row) => row.EmptyInText == "now" ? UInt128.MaxValue : ~SortKey.Of(row.Pool.SecondsToEmpty)) { IsNumber = true, Rank = 4, Ink = (in row) => row.EmptyInText == "now" ? Ink.Alarm : Ink.Plain },
        new("TIME_WAIT", 9, (in row) => $"{row.Pool.TimeWaits}", (in row) => SortKey.Of((long)row.Pool.TimeWaits)) { IsNumber = true, Rank = 10 },
        new("OPENS/S", 7, (in row) => Words.Number(row.Pool.Rates.Opens), (in row) => SortKey.Of(row.Pool.Rates.Opens)) { IsNumber = true, Rank = 9 },
        new("BEARS/S", 7, (in row) => row.Pool.Size > 0 ? Words.Number(row.Pool.SustainablePerSecond) : "?", (in row) => SortKey.Of(row.Pool.SustainablePerSecond)) { IsNumber = true, Rank = 11 },
        new("NO PORT", 7, (in row) => $"{row.Pool.Exhausted}", (in row) => SortKey.Of(row.Pool.Exhausted)) { IsNumber = true, Rank = 5, Ink = (in row) => row.Pool.Exhausted > 0 ? Ink.Alarm : Ink.Plain },
        new("MOST BY", 16, (in row) => row.TakerText, (in row) => SortKey.Of(row.Taker?.Comm ?? default)) { Rank = 2, GrowsTo = 25 },
        new("OPENS", 9, (in row) => $"{row.Pool.Opened}", (in row) => SortKey.Of(row.Pool.Opened)) { IsNumber = true, Rank = 13 },
        new("NETNS", 10, (in row) => $"{row.Pool.Key.Netns}", (in row) => SortKey.Of((long)row.Pool.Key.Netns)) { IsNumber = true, Rank = 14 },
    ];

    public override string Title => "Destinations";

    public override string FilterNames => "port rport host pid comm netns";

    public override string Keys => $"{base.Keys}  enter its connections";

    protected override IReadOnlyList<Column<DestinationRow>> Columns => _columns;

    /// <summary>The fullest.</summary>
    protected override int SortedAtFirstBy => 4;

    protected override string NothingText => "no port is taken toward any destination";

    protected override void Collect(Snapshot now, List<DestinationRow> rows)
    {
        takers.Look(now.Tables, now.NowNs);
        PoolTable pools = now.Tables.Pools;
        for (int row = pools.Oldest; row != RowIndex.None; row = pools.Newer(row))
        {
            PoolUse pool = now.Activity.SinceReset(pools.UseOf(row));
            if (pool.Taken == 0 && pool.Exhausted == 0)
                continue;
            var destination = new DestinationRow(pool, takers.MostOf(pool));
            if (destination.IsShown(now))
                rows.Add(destination);
        }
    }

    protected override ulong IdentityOf(in DestinationRow row) =>
        (ulong)(uint)row.Pool.Key.GetHashCode() << 32 | row.Pool.Key.Rport;

    protected override void OnChosen(in DestinationRow row)
    {
        PoolKey key = row.Pool.Key;
        showConnections($"rport:{key.Rport} host:{key.Raddr} netns:{key.Netns} ");
    }
}

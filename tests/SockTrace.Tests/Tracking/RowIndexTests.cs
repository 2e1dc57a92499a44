using CsCheck;
using SockTrace.Tracking;

namespace SockTrace.Tests.Tracking;

public sealed class RowIndexTests
{
    /// <summary>Few keys, so that they come and go often, and many that share a home slot.</summary>
    private static readonly Gen<ulong> Keys = Gen.Int[0, 40].Select(i => (ulong)i * 0x1_0000_0000);

    [Fact]
    public void AgreesWithADictionaryAndAListOverRandomOperations() =>
        Gen.Select(Gen.Int[0, 3], Keys).Array[0, 200].Sample(operations =>
        {
            const int MaxRows = 16;
            var index = new RowIndex<ulong>(MaxRows);
            var byAge = new List<ulong>(); // oldest first
            var rows = new Dictionary<ulong, int>();
            long evicted = 0;

            foreach ((int operation, ulong key) in operations)
            {
                int row = index.Find(key);
                Assert.Equal(rows.GetValueOrDefault(key, RowIndex.None), row);
                if (row == RowIndex.None)
                {
                    if (byAge.Count == MaxRows)
                    {
                        rows.Remove(byAge[0]);
                        byAge.RemoveAt(0);
                        evicted++;
                    }
                    int added = index.Add(key);
                    Assert.DoesNotContain(added, rows.Values);
                    Assert.InRange(added, 0, index.Capacity - 1);
                    rows[key] = added;
                    byAge.Add(key);
                }
                else if (operation == 0)
                {
                    index.Remove(row);
                    rows.Remove(key);
                    byAge.Remove(key);
                }
                else
                {
                    index.Touch(row);
                    byAge.Remove(key);
                    byAge.Add(key);
                }
                Assert.Equal(byAge.Count, index.Count);
                Assert.Equal(evicted, index.Evicted);
            }
            foreach ((ulong key, int row) in rows)
                Assert.Equal(row, index.Find(key));
        }, iter: 2000);

    [Theory]
    [InlineData(100_001)]
    [InlineData(262_145)]
    [InlineData(3)]
    public void TheLastStepOfGrowthIsNoSmallOne(int maxRows)
    {
        var index = new RowIndex<ulong>(maxRows);
        int before = index.Capacity;
        for (ulong key = 1; key <= (ulong)maxRows; key++)
        {
            index.Add(key);
            if (index.Capacity != before)
                Assert.InRange(index.Capacity, before + (before / 2), before * 3L);
            before = index.Capacity;
        }
        Assert.Equal(maxRows, index.Capacity);
    }
}

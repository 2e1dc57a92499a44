using System.Numerics;

namespace SockTrace.Tracking;

/// <summary>What is common to all row indexes.</summary>
internal static class RowIndex
{
    /// <summary>No row.</summary>
    public const int None = -1;
}

/// <summary>
/// Gives each key a row number that it keeps while it lives, for tables that hold their
/// columns as arrays. Open addressing with linear probing, deletion by shifting back. Rows
/// are also chained by use: at <see cref="MaxRows"/> the one untouched longest gives way.
/// </summary>
internal sealed class RowIndex<TKey>
    where TKey : struct, IEquatable<TKey>
{
    private const int None = RowIndex.None;
#if DEBUG
    private const int FirstCapacity = 4;
#else
    private const int FirstCapacity = 1024;
#endif

    // The slots, at most half of them in use: slot → row, None where free. Keys stand by row.
    private int[] _slots = [];
    private TKey[] _keys = [];

    // The chain by use. Free rows are chained through _older.
    private int[] _older = [];
    private int[] _newer = [];
    private int _free = None;
    private int _oldest = None;
    private int _newest = None;

    public RowIndex(int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        MaxRows = maxRows;
        Grow(Math.Min(FirstCapacity, maxRows));
    }

    public int MaxRows { get; }

    /// <summary>Every row number is below this. Columns must be at least as long.</summary>
    public int Capacity => _keys.Length;

    /// <summary>Rows in use.</summary>
    public int Count { get; private set; }

    /// <summary>Rows that gave way to newer ones.</summary>
    public long Evicted { get; private set; }

    /// <summary>The row untouched longest, or <see cref="RowIndex.None"/>.</summary>
    public int Oldest => _oldest;

    public ref readonly TKey KeyOf(int row) => ref _keys[row];

    /// <returns>The row touched next after this one, or <see cref="RowIndex.None"/>.</returns>
    public int Newer(int row) => _newer[row];

    /// <returns>The key's row, or <see cref="RowIndex.None"/>.</returns>
    public int Find(TKey key)
    {
        int mask = _slots.Length - 1;
        for (int slot = HomeOf(key, mask); ; slot = (slot + 1) & mask)
        {
            int row = _slots[slot];
            if (row == None || _keys[row].Equals(key))
                return row;
        }
    }

    /// <summary>Gives a key that has no row a row, evicting or growing where there is none.</summary>
    public int Add(TKey key)
    {
        if (_free == None)
        {
            if (Count < MaxRows)
            {
                // The last step takes all that is left of the bound: one of a few rows would cost as much as any.
                Grow(Count * 3L >= MaxRows ? MaxRows : Count * 2);
            }
            else
            {
                Remove(_oldest);
                Evicted++;
            }
        }

        int row = _free;
        _free = _older[row];
        _keys[row] = key;
        Insert(row);
        LinkNewest(row);
        Count++;
        return row;
    }

    /// <summary>Marks the row as the one used last.</summary>
    public void Touch(int row)
    {
        if (row == _newest)
            return;
        Unlink(row);
        LinkNewest(row);
    }

    public void Remove(int row)
    {
        DeleteSlotOf(row);
        Unlink(row);
        _older[row] = _free;
        _free = row;
        Count--;
    }

    private static int HomeOf(TKey key, int mask) => (int)(((uint)key.GetHashCode() * 0x9E3779B97F4A7C15) >> 32) & mask;

    private void Insert(int row)
    {
        int mask = _slots.Length - 1;
        int slot = HomeOf(_keys[row], mask);
        while (_slots[slot] != None)
            slot = (slot + 1) & mask;
        _slots[slot] = row;
    }

    private void DeleteSlotOf(int row)
    {
        int mask = _slots.Length - 1;
        int hole = HomeOf(_keys[row], mask);
        while (_slots[hole] != row)
            hole = (hole + 1) & mask;

        // Shift back whatever could no longer be found across the hole.
        for (int slot = (hole + 1) & mask; _slots[slot] != None; slot = (slot + 1) & mask)
        {
            int home = HomeOf(_keys[_slots[slot]], mask);
            if (((slot - home) & mask) < ((slot - hole) & mask))
                continue;
            _slots[hole] = _slots[slot];
            hole = slot;
        }
        _slots[hole] = None;
    }

    private void LinkNewest(int row)
    {
        _older[row] = _newest;
        _newer[row] = None;
        if (_newest == None)
            _oldest = row;
        else
            _newer[_newest] = row;
        _newest = row;
    }

    private void Unlink(int row)
    {
        int older = _older[row], newer = _newer[row];
        if (older == None)
            _oldest = newer;
        else
            _newer[older] = newer;
        if (newer == None)
            _newest = older;
        else
            _older[newer] = older;
    }

    private void Grow(int capacity)
    {
        int old = _keys.Length;
        Array.Resize(ref _keys, capacity);
        Array.Resize(ref _older, capacity);
        Array.Resize(ref _newer, capacity);
        for (int row = capacity - 1; row >= old; row--)
        {
            _older[row] = _free;
            _free = row;
        }

        _slots = new int[BitOperations.RoundUpToPowerOf2((uint)capacity * 2)];
        Array.Fill(_slots, None);
        for (int row = _oldest; row != None; row = _newer[row])
            Insert(row);
    }
}

namespace SockTrace.Screen;

/// <summary>Which rows come first. Of 100 000 rows as many as a screen shows are found without sorting all.</summary>
internal sealed class TopRows
{
    /// <summary>From this share of all rows on sorting all of them is no dearer.</summary>
    private const int Share = 8;

    private readonly PriorityQueue<int, Place> _last = new(Comparer<Place>.Create((a, b) => b.CompareTo(a)));
    private Place[] _places = [];
    private int[] _order = [];

    /// <param name="rows">All of them.</param>
    /// <param name="key">What they are sorted by; where it is equal, by their place.</param>
    /// <param name="isFalling">The largest first.</param>
    /// <param name="count">How many are wanted.</param>
    /// <returns>Their indices, the first first; until the next call.</returns>
    public ReadOnlySpan<int> Of<TRow>(ReadOnlySpan<TRow> rows, Column<TRow>.KeyOf key, bool isFalling, int count)
    {
        count = Math.Min(count, rows.Length);
        if (_order.Length < count)
            _order = new int[count];
        if (count > rows.Length / Share)
            SortAll(rows, key, isFalling, count);
        else
            Select(rows, key, isFalling, count);
        return _order.AsSpan(0, count);
    }

    private void SortAll<TRow>(ReadOnlySpan<TRow> rows, Column<TRow>.KeyOf key, bool isFalling, int count)
    {
        if (_places.Length < rows.Length)
            _places = new Place[rows.Length];
        for (int i = 0; i < rows.Length; i++)
            _places[i] = PlaceOf(rows[i], i, key, isFalling);
        Array.Sort(_places, 0, rows.Length);
        for (int i = 0; i < count; i++)
            _order[i] = _places[i].Index;
    }

    /// <summary>Keeps the best so far, the worst of them on top.</summary>
    private void Select<TRow>(ReadOnlySpan<TRow> rows, Column<TRow>.KeyOf key, bool isFalling, int count)
    {
        _last.Clear();
        for (int i = 0; i < rows.Length && count > 0; i++)
        {
            Place place = PlaceOf(rows[i], i, key, isFalling);
            if (_last.Count < count)
                _last.Enqueue(i, place);
            else if (_last.TryPeek(out _, out Place worst) && place.CompareTo(worst) < 0)
                _last.EnqueueDequeue(i, place);
        }
        for (int i = _last.Count - 1; i >= 0; i--)
            _order[i] = _last.Dequeue();
    }

    private static Place PlaceOf<TRow>(in TRow row, int index, Column<TRow>.KeyOf key, bool isFalling) =>
        new(isFalling ? ~key(row) : key(row), index);

    private readonly record struct Place(UInt128 Key, int Index) : IComparable<Place>
    {
        public int CompareTo(Place other) => Key != other.Key ? Key.CompareTo(other.Key) : Index.CompareTo(other.Index);
    }
}

namespace SockTrace.Tracking;

/// <summary>By four-tuple the key of a socket of which nobody tells the address.</summary>
/// <param name="maxTuples">The bound, at least 1: beyond it the oldest gives way.</param>
internal sealed class TupleIndex(int maxTuples)
{
    private readonly RowIndex<TupleKey> _tuples = new(maxTuples);
    private ulong[] _keys = [];

    /// <returns>The key; null where the four-tuple has none.</returns>
    public ulong? Find(TupleKey tuple) => _tuples.Find(tuple) is int place and not RowIndex.None ? _keys[place] : null;

    /// <summary>The four-tuple has this key from now on.</summary>
    public void Set(TupleKey tuple, ulong key)
    {
        int place = _tuples.Find(tuple);
        if (place == RowIndex.None)
            place = _tuples.Add(tuple);
        if (_tuples.Capacity > _keys.Length)
            Array.Resize(ref _keys, _tuples.Capacity);
        _keys[place] = key;
    }

    public void Remove(TupleKey tuple)
    {
        int place = _tuples.Find(tuple);
        if (place != RowIndex.None)
            _tuples.Remove(place);
    }
}

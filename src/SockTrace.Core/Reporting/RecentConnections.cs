namespace SockTrace.Reporting;

/// <summary>
/// The last connections that may leave a TIME_WAIT behind, each in a slot of its own: those of
/// the last minute of a busy host. Whoever knows something of one keeps it by the slot.
/// </summary>
internal sealed class RecentConnections
{
    public const int Capacity = 131_072;

    private readonly Dictionary<ulong, int> _slots = [];
    private readonly ulong[] _keys = new ulong[Capacity];
    private long _added;

    /// <returns>Its slot, which the one had that was added <see cref="Capacity"/> ago.</returns>
    public int Add(ulong key)
    {
        int slot = (int)(_added % Capacity);
        // One that came again has a newer slot by now.
        if (_added++ >= Capacity && _slots.TryGetValue(_keys[slot], out int last) && last == slot)
            _slots.Remove(_keys[slot]);
        _keys[slot] = key;
        _slots[key] = slot;
        return slot;
    }

    /// <returns>-1 where it is not remembered.</returns>
    public int Find(ulong key) => _slots.TryGetValue(key, out int slot) ? slot : -1;

    /// <summary>Ids of another trace may be the same.</summary>
    public void Clear()
    {
        _slots.Clear();
        _added = 0;
    }
}

using System.Runtime.InteropServices;

namespace SockTrace.Reporting;

/// <summary>
/// Something for each key, for so many keys at most. When there are more, the smaller half is
/// given away: what is large stays, and what was given away is counted.
/// </summary>
/// <param name="capacity">Keys.</param>
/// <param name="weightOf">The larger, the sooner it stays.</param>
/// <param name="onGivenAway">Takes what does not stay.</param>
internal sealed class BoundedGroups<TKey, TGroup>(int capacity, Func<TGroup, long> weightOf, Action<TGroup> onGivenAway)
    where TKey : notnull
    where TGroup : class, new()
{
    private readonly Dictionary<TKey, TGroup> _groups = [];

    /// <summary>How many were given away; one that came again counts again.</summary>
    public long GivenAway { get; private set; }

    public IEnumerable<KeyValuePair<TKey, TGroup>> Largest => _groups.OrderByDescending(entry => weightOf(entry.Value));

    public TGroup? Find(TKey key) => _groups.GetValueOrDefault(key);

    public TGroup GetOrAdd(TKey key)
    {
        ref TGroup? group = ref CollectionsMarshal.GetValueRefOrAddDefault(_groups, key, out bool exists);
        if (exists)
            return group!;
        TGroup added = group = new TGroup();
        if (_groups.Count > capacity)
            GiveAway(but: key);
        return added;
    }

    private void GiveAway(TKey but)
    {
        foreach ((TKey key, TGroup group) in _groups.OrderBy(entry => weightOf(entry.Value)).Take(_groups.Count / 2).ToArray())
        {
            if (key.Equals(but))
                continue;
            onGivenAway(group);
            _groups.Remove(key);
            GivenAway++;
        }
    }
}

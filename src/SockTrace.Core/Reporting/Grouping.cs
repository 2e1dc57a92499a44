using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>
/// All connections by one criterion. A TIME_WAIT's record has neither role nor owner: it goes
/// where its connection went, as long as that is remembered.
/// </summary>
internal sealed class Grouping
{
    private const int MaxGroups = 1024;

    private readonly BoundedGroups<GroupKey, Group> _groups;

    /// <summary>Where connections went, by their slots in <see cref="RecentConnections"/>.</summary>
    private readonly Group?[] _groupsOfRecent = new Group?[RecentConnections.Capacity];

    public Grouping(GroupBy by)
    {
        By = by;
        _groups = new(MaxGroups, group => group.Connections.Closed + group.Connections.AllTimeWaits, group => group.MergeInto(Others));
    }

    public GroupBy By { get; }

    /// <summary>All that had to give way.</summary>
    public Group Others { get; } = new();

    /// <summary>How many had to.</summary>
    public long GivenAway => _groups.GivenAway;

    public IEnumerable<KeyValuePair<GroupKey, Group>> Largest => _groups.Largest;

    /// <param name="record">A conn record.</param>
    /// <param name="host">Of its trace.</param>
    /// <param name="comm">Its owner; null where nobody is known.</param>
    /// <param name="slot">In <see cref="RecentConnections"/>; -1 where it leaves no TIME_WAIT.</param>
    public void AddConnection(TraceRecord record, string host, string? comm, int slot)
    {
        Group group = _groups.GetOrAdd(KeyOf(record, host, comm, GroupKey.IsServer(record.Role, record.Lport, record.Rport)));
        group.AddConnection(record);
        if (slot >= 0)
            _groupsOfRecent[slot] = group;
    }

    /// <param name="record">A time_wait record.</param>
    /// <param name="host">Of its trace.</param>
    /// <param name="slot">Of its connection; -1 where that is not remembered.</param>
    public void AddTimeWait(TraceRecord record, string host, int slot)
    {
        Group? group = slot < 0 ? null : _groupsOfRecent[slot];
        group ??= _groups.GetOrAdd(KeyOf(record, host, comm: null, GroupKey.IsServer(Role.Unknown, record.Lport, record.Rport)));
        group.AddTimeWait(record);
    }

    private GroupKey KeyOf(TraceRecord record, string host, string? comm, bool isServer) => By switch
    {
        GroupBy.Destination => GroupKey.Destination(record, isServer),
        GroupBy.Process => new GroupKey(comm),
        GroupBy.Netns => new GroupKey(host, Number: record.Netns),
        _ => new GroupKey(host),
    };
}

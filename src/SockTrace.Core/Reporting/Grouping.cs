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

    /// <summary>Connections of which it is remembered where they went: those of the last minute of a busy host.</summary>
    private const int MaxRemembered = 131_072;

    private readonly BoundedGroups<GroupKey, Group> _groups;
    private readonly Dictionary<ulong, Group> _groupsOfIds = [];
    private readonly Queue<ulong> _remembered = new();

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
    public void AddConnection(TraceRecord record, string host, string? comm)
    {
        Group group = _groups.GetOrAdd(KeyOf(record, host, comm, GroupKey.IsServer(record.Role, record.Lport, record.Rport)));
        group.AddConnection(record);
        if (record.ClosedBy is ClosedBy.Local or ClosedBy.Both && record.CloseReason == CloseReason.Closed)
            Remember(record.Key, group);
    }

    /// <param name="record">A time_wait record.</param>
    /// <param name="host">Of its trace.</param>
    public void AddTimeWait(TraceRecord record, string host)
    {
        if (!_groupsOfIds.TryGetValue(record.Key, out Group? group))
            group = _groups.GetOrAdd(KeyOf(record, host, comm: null, GroupKey.IsServer(Role.Unknown, record.Lport, record.Rport)));
        group.AddTimeWait(record);
    }

    /// <summary>Ids of another trace may be the same.</summary>
    public void Forget()
    {
        _groupsOfIds.Clear();
        _remembered.Clear();
    }

    private GroupKey KeyOf(TraceRecord record, string host, string? comm, bool isServer) => By switch
    {
        GroupBy.Destination => GroupKey.Destination(record, isServer),
        GroupBy.Process => new GroupKey(comm),
        GroupBy.Netns => new GroupKey(host, Number: record.Netns),
        _ => new GroupKey(host),
    };

    private void Remember(ulong id, Group group)
    {
        if (_remembered.Count == MaxRemembered)
            _groupsOfIds.Remove(_remembered.Dequeue());
        _groupsOfIds[id] = group;
        _remembered.Enqueue(id);
    }
}

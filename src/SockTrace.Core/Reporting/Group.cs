using SockTrace.Reading;

namespace SockTrace.Reporting;

/// <summary>Connections that have something in common.</summary>
internal sealed class Group
{
    /// <summary>Where its numbers went when it had to give way; whoever still holds it goes on there.</summary>
    private Group? _mergedInto;

    public ConnectionCounts Connections { get; } = new();
    public Distributions Distributions { get; } = new();

    public void AddConnection(TraceRecord record)
    {
        Group group = _mergedInto ?? this;
        group.Connections.AddConnection(record);
        group.Distributions.RecordConnection(record);
    }

    public void AddTimeWait(TraceRecord record)
    {
        Group group = _mergedInto ?? this;
        group.Connections.AddTimeWait(record);
        group.Distributions.RecordTimeWait(record);
    }

    public void MergeInto(Group other)
    {
        other.Connections.Merge(Connections);
        other.Distributions.Merge(Distributions);
        _mergedInto = other;
    }
}

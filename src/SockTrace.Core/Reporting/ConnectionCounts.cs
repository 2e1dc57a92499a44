using System.Text;
using System.Text.Json.Serialization;
using SockTrace.Events;
using SockTrace.Output;
using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>What connections did, in counts. Listeners are none.</summary>
internal sealed class ConnectionCounts
{
    private readonly long[] _roles = new long[Enum.GetValues<Role>().Length];
    private readonly long[] _reasons = new long[Enum.GetValues<CloseReason>().Length];
    private readonly long[] _closers = new long[Enum.GetValues<ClosedBy>().Length];
    private readonly long[] _timeWaits = new long[Enum.GetValues<MiniSocketEnding>().Length];

    /// <summary>Those that reached CLOSE.</summary>
    public long Closed { get; private set; }

    /// <summary>Those of them that never were established: refused, timed out, unreachable, or without a port.</summary>
    public long Failed { get; private set; }

    public IReadOnlyDictionary<string, long> ByRole => Named(_roles, role => RecordNames.Of((Role)role));
    public IReadOnlyDictionary<string, long> ByReason => Named(_reasons, reason => RecordNames.Of((CloseReason)reason));
    public IReadOnlyDictionary<string, long> ByCloser => Named(_closers, by => RecordNames.Of((ClosedBy)by));

    /// <summary>Mini-sockets by how they ended.</summary>
    public IReadOnlyDictionary<string, long> TimeWaits => Named(_timeWaits, ending => RecordNames.Of((MiniSocketEnding)ending));

    /// <summary>Payload, bytes.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Payload, bytes.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Segments.</summary>
    public long Retransmits { get; private set; }

    /// <summary>Connections that sent at least one segment again.</summary>
    public long Retransmitting { get; private set; }

    [JsonIgnore]
    public long AllTimeWaits => _timeWaits.Sum();

    public long Of(Role role) => _roles[(int)role];

    public long Of(CloseReason reason) => _reasons[(int)reason];

    public long Of(ClosedBy by) => _closers[(int)by];

    public long Of(MiniSocketEnding ending) => _timeWaits[(int)ending];

    public static bool IsFailure(TraceRecord record) =>
        record.CloseReason is CloseReason.Refused or CloseReason.TimedOut or CloseReason.Unreachable or CloseReason.PortExhausted
        && !record.States.Contains(TcpState.Established);

    public void AddConnection(TraceRecord record)
    {
        Closed++;
        if (IsFailure(record))
            Failed++;
        _roles[(int)record.Role]++;
        _reasons[(int)record.CloseReason]++;
        _closers[(int)record.ClosedBy]++;
        BytesSent += Math.Max(0, record.BytesSent);
        BytesReceived += Math.Max(0, record.BytesReceived);
        if (record.Retransmits > 0)
        {
            Retransmits += record.Retransmits;
            Retransmitting++;
        }
    }

    public void AddTimeWait(TraceRecord record) => _timeWaits[(int)record.Ended]++;

    public void Merge(ConnectionCounts other)
    {
        Closed += other.Closed;
        Failed += other.Failed;
        BytesSent += other.BytesSent;
        BytesReceived += other.BytesReceived;
        Retransmits += other.Retransmits;
        Retransmitting += other.Retransmitting;
        Add(_roles, other._roles);
        Add(_reasons, other._reasons);
        Add(_closers, other._closers);
        Add(_timeWaits, other._timeWaits);
    }

    private static void Add(long[] counts, long[] others)
    {
        for (int i = 0; i < counts.Length; i++)
            counts[i] += others[i];
    }

    private static Dictionary<string, long> Named(long[] counts, Func<int, ReadOnlySpan<byte>> nameOf)
    {
        var named = new Dictionary<string, long>();
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0)
                named.Add(Encoding.UTF8.GetString(nameOf(i)), counts[i]);
        }
        return named;
    }
}

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
    /// <summary>Where each kind of count begins in <see cref="_counts"/>; likewise below.</summary>
    private const int Roles = 0;

    private static readonly int
        Reasons = Roles + Enum.GetValues<Role>().Length,
        Closers = Reasons + Enum.GetValues<CloseReason>().Length,
        Endings = Closers + Enum.GetValues<ClosedBy>().Length,
        All = Endings + Enum.GetValues<MiniSocketEnding>().Length;

    /// <summary>In one piece: of many groups none is in a cache.</summary>
    private readonly long[] _counts = new long[All];

    /// <summary>Those that reached CLOSE.</summary>
    public long Closed { get; private set; }

    /// <summary>Those of them that never were established: refused, timed out, unreachable, or without a port.</summary>
    public long Failed { get; private set; }

    public IReadOnlyDictionary<string, long> ByRole => Named(Roles, Reasons, role => RecordNames.Of((Role)role));
    public IReadOnlyDictionary<string, long> ByReason => Named(Reasons, Closers, reason => RecordNames.Of((CloseReason)reason));
    public IReadOnlyDictionary<string, long> ByCloser => Named(Closers, Endings, by => RecordNames.Of((ClosedBy)by));

    /// <summary>Mini-sockets by how they ended.</summary>
    public IReadOnlyDictionary<string, long> TimeWaits => Named(Endings, All, ending => RecordNames.Of((MiniSocketEnding)ending));

    /// <summary>Payload, bytes.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Payload, bytes.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Segments.</summary>
    public long Retransmits { get; private set; }

    /// <summary>Connections that sent at least one segment again.</summary>
    public long Retransmitting { get; private set; }

    [JsonIgnore]
    public long AllTimeWaits { get; private set; }

    public long Of(Role role) => _counts[Roles + (int)role];

    public long Of(CloseReason reason) => _counts[Reasons + (int)reason];

    public long Of(ClosedBy by) => _counts[Closers + (int)by];

    public long Of(MiniSocketEnding ending) => _counts[Endings + (int)ending];

    public static bool IsFailure(TraceRecord record) =>
        record.CloseReason is CloseReason.Refused or CloseReason.TimedOut or CloseReason.Unreachable or CloseReason.PortExhausted or CloseReason.Disconnected
        && !record.States.Contains(TcpState.Established);

    public void AddConnection(TraceRecord record)
    {
        Closed++;
        if (IsFailure(record))
            Failed++;
        _counts[Roles + (int)record.Role]++;
        _counts[Reasons + (int)record.CloseReason]++;
        _counts[Closers + (int)record.ClosedBy]++;
        BytesSent += Math.Max(0, record.BytesSent);
        BytesReceived += Math.Max(0, record.BytesReceived);
        if (record.Retransmits > 0)
        {
            Retransmits += record.Retransmits;
            Retransmitting++;
        }
    }

    public void AddTimeWait(TraceRecord record)
    {
        _counts[Endings + (int)record.Ended]++;
        AllTimeWaits++;
    }

    public void Merge(ConnectionCounts other)
    {
        Closed += other.Closed;
        Failed += other.Failed;
        BytesSent += other.BytesSent;
        BytesReceived += other.BytesReceived;
        Retransmits += other.Retransmits;
        Retransmitting += other.Retransmitting;
        AllTimeWaits += other.AllTimeWaits;
        for (int i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
    }

    private Dictionary<string, long> Named(int first, int end, Func<int, ReadOnlySpan<byte>> nameOf)
    {
        var named = new Dictionary<string, long>();
        for (int i = first; i < end; i++)
        {
            if (_counts[i] > 0)
                named.Add(Encoding.UTF8.GetString(nameOf(i - first)), _counts[i]);
        }
        return named;
    }
}

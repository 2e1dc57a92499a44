using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Reading;

/// <summary>
/// One record of a trace, filled anew for each line. Fields that the line does not have are
/// as after <see cref="Clear"/>: -1 for durations, 0 for what 0 cannot be, null for objects.
/// The fields are those of schema 1, under the same names.
/// </summary>
internal sealed class TraceRecord
{
    private const int MaxComm = 255;

    private readonly byte[] _comm = new byte[MaxComm];
    private int _commLength;

    public RecordType Type;

    /// <summary>Nanoseconds since 1970-01-01 UTC; long.MinValue where there is none.</summary>
    public long Ts;

    /// <summary>0 where there is none: the first is 1.</summary>
    public long Seq;

    public ulong Id;
    public bool HasId;

    /// <summary>False where the id is the tracer's own number, and no socket cookie.</summary>
    public bool IdIsCookie;

    /// <summary>The id as one number: those of the tracer's own, which are small, do not meet cookies.</summary>
    public ulong Key => IdIsCookie ? Id : ~Id;

    public uint Netns;
    public ulong Cgroup;
    public IpFamily Family;
    public IpAddress Laddr;
    public IpAddress Raddr;
    public ushort Lport;
    public ushort Rport;
    public TcpState Old;
    public TcpState New;
    public long InOldNs;
    public uint Pid;
    public uint Uid;
    public bool HasUid;
    public OwnerFrom OwnerFrom;
    public Role Role;

    /// <summary>As <see cref="Ts"/>.</summary>
    public long Opened;

    public long ConnectNs;
    public long EstablishedNs;
    public long LifetimeNs;
    public StateTimes States;
    public CloseReason CloseReason;
    public ClosedBy ClosedBy;
    public long BytesSent;
    public long BytesReceived;
    public long Retransmits;
    public long SrttUs;
    public PortReuse Reuse;
    public long ReuseGapNs;

    /// <summary>As <see cref="Ts"/>.</summary>
    public long Began;

    public long FinWait2Ns;
    public long DurationNs;
    public MiniSocketEnding Ended;
    public bool HasEnded;
    public bool IsInferred;

    /// <summary>Of port_exhausted: ports in the pool; 0 where that is not known.</summary>
    public long Pool;

    public long Taken;
    public long LostCount;
    public LossPlace LostWhere;
    public HeaderRecord? Header;
    public StatsRecord? Stats;
    public EndRecord? End;

    /// <summary>The process's name, unescaped; empty where there is none.</summary>
    public ReadOnlySpan<byte> Comm => _comm.AsSpan(0, _commLength);

    /// <returns>Whether it is short enough to be one.</returns>
    public bool SetComm(ReadOnlySpan<byte> utf8)
    {
        _commLength = 0;
        if (!utf8.TryCopyTo(_comm))
            return false;
        _commLength = utf8.Length;
        return true;
    }

    public void Clear()
    {
        // Most lines are states, one after the other, and touch none of the rest.
        if (Type != RecordType.State)
            ClearRest();
        Type = RecordType.Unknown;
        Ts = long.MinValue;
        Seq = Pool = Taken = 0;
        Id = Cgroup = 0;
        HasId = IdIsCookie = HasUid = false;
        Netns = Pid = Uid = 0;
        Family = default;
        Laddr = Raddr = default;
        Lport = Rport = 0;
        Old = New = TcpState.Unknown;
        InOldNs = -1;
        _commLength = 0;
        OwnerFrom = OwnerFrom.Unknown;
        Role = Role.Unknown;
    }

    /// <summary>What the readers never fill of a state record.</summary>
    private void ClearRest()
    {
        Opened = Began = long.MinValue;
        LostCount = 0;
        HasEnded = IsInferred = false;
        ConnectNs = EstablishedNs = LifetimeNs = ReuseGapNs = FinWait2Ns = DurationNs = -1;
        BytesSent = BytesReceived = Retransmits = SrttUs = -1;
        States = default;
        CloseReason = CloseReason.Unknown;
        ClosedBy = ClosedBy.Unknown;
        Reuse = PortReuse.None;
        Ended = MiniSocketEnding.Lost;
        LostWhere = default;
        Header = null;
        Stats = null;
        End = null;
    }
}

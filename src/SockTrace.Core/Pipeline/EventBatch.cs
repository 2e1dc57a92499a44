using SockTrace.Events;

namespace SockTrace.Pipeline;

/// <summary>
/// Decoded events as columns: row <c>i</c> of every array is one event, and
/// <see cref="Count"/> rows are filled. Made once and filled again and again.
/// The fields are those of <see cref="TcpEvent"/>.
/// </summary>
internal sealed class EventBatch
{
#if DEBUG
    /// <summary>Small, so that ordinary tests cross every boundary.</summary>
    public const int Capacity = 7;
#else
    public const int Capacity = 1024;
#endif

    public readonly long[] TimesNs = new long[Capacity];
    public readonly ulong[] Socks = new ulong[Capacity];
    public readonly ulong[] Cookies = new ulong[Capacity];
    public readonly IpAddress[] Laddrs = new IpAddress[Capacity];
    public readonly IpAddress[] Raddrs = new IpAddress[Capacity];
    public readonly ulong[] Cgroups = new ulong[Capacity];
    public readonly ulong[] BytesSent = new ulong[Capacity];
    public readonly ulong[] BytesReceived = new ulong[Capacity];
    public readonly Comm[] Comms = new Comm[Capacity];
    public readonly uint[] Netnses = new uint[Capacity];
    public readonly uint[] Pids = new uint[Capacity];
    public readonly uint[] Uids = new uint[Capacity];
    public readonly uint[] SrttsUs = new uint[Capacity];
    public readonly uint[] Retransmits = new uint[Capacity];
    public readonly ushort[] Lports = new ushort[Capacity];
    public readonly ushort[] Rports = new ushort[Capacity];
    public readonly ushort[] SkErrs = new ushort[Capacity];
    public readonly EventKind[] Kinds = new EventKind[Capacity];
    public readonly TcpState[] OldStates = new TcpState[Capacity];
    public readonly TcpState[] NewStates = new TcpState[Capacity];
    public readonly IpFamily[] Families = new IpFamily[Capacity];
    public readonly byte[] Shutdowns = new byte[Capacity];
    public readonly EventFlags[] Flags = new EventFlags[Capacity];

    public int Count { get; private set; }

    public bool IsFull => Count == Capacity;

    public void Clear() => Count = 0;

    /// <summary>Appends as many of <paramref name="events"/> as fit.</summary>
    /// <returns>How many were taken, malformed ones included.</returns>
    /// <param name="events">Whole events, as they came from the source.</param>
    /// <param name="malformed">Raised by the events whose kind or state does not exist.</param>
    public int Append(ReadOnlySpan<TcpEvent> events, ref long malformed)
    {
        int taken = 0;
        int row = Count;
        for (; taken < events.Length && row < Capacity; taken++)
        {
            ref readonly TcpEvent e = ref events[taken];
            if (!IsWellFormed(e))
            {
                malformed++;
                continue;
            }
            TimesNs[row] = (long)e.TimeNs;
            Socks[row] = e.Sock;
            Cookies[row] = e.Cookie;
            Laddrs[row] = e.Laddr;
            Raddrs[row] = e.Raddr;
            Cgroups[row] = e.Cgroup;
            BytesSent[row] = e.BytesSent;
            BytesReceived[row] = e.BytesReceived;
            Comms[row] = e.Comm;
            Netnses[row] = e.Netns;
            Pids[row] = e.Pid;
            Uids[row] = e.Uid;
            SrttsUs[row] = e.SrttUs;
            Retransmits[row] = e.Retransmits;
            Lports[row] = e.Lport;
            Rports[row] = e.Rport;
            SkErrs[row] = e.SkErr;
            Kinds[row] = e.Kind;
            OldStates[row] = e.OldState;
            NewStates[row] = e.NewState;
            Families[row] = e.Family;
            Shutdowns[row] = e.Shutdown;
            Flags[row] = e.Flags;
            row++;
        }
        Count = row;
        return taken;
    }

    private static bool IsWellFormed(in TcpEvent e) =>
        e.Kind is >= EventKind.State and <= EventKind.SnapshotEnd
        && (byte)e.OldState < TcpStates.Count
        && (byte)e.NewState < TcpStates.Count
        && e.Family is IpFamily.IPv4 or IpFamily.IPv6;
}

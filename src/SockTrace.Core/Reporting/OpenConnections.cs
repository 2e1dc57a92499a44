using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Reporting;

/// <summary>The connections of one trace that have not reached CLOSE. Bounded: beyond it new ones are not followed.</summary>
internal sealed class OpenConnections(Func<ReadOnlySpan<byte>, string> nameOf)
{
    /// <summary>What a tracer follows by default, too.</summary>
    private const int Capacity = 262_144;

    private readonly Dictionary<ulong, OpenConnection> _open = [];

    /// <summary>Those for which there was no room, since <see cref="Clear"/>.</summary>
    public long NotFollowed { get; private set; }

    public int Count => _open.Count;

    public IEnumerable<OpenConnection> All => _open.Values;

    /// <param name="record">A state record.</param>
    public void OnState(TraceRecord record)
    {
        if (record.New is TcpState.Close or TcpState.Listen)
        {
            _open.Remove(record.Key);
            return;
        }
        ref OpenConnection open = ref CollectionsMarshal.GetValueRefOrNullRef(_open, record.Key);
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref open))
        {
            if (_open.Count == Capacity)
            {
                // Its later transitions do not make it another one.
                if (record.Old is TcpState.Close or TcpState.Listen or TcpState.Unknown)
                    NotFollowed++;
                return;
            }
            open = ref CollectionsMarshal.GetValueRefOrAddDefault(_open, record.Key, out _)!;
            open.Role = record.New == TcpState.SynSent ? Role.Client
                : record.Old == TcpState.Listen || record.New == TcpState.SynRecv ? Role.Server : Role.Unknown;
        }
        open.State = record.New;
        open.StateSince = record.Ts;
        open.Laddr = record.Laddr;
        open.Raddr = record.Raddr;
        open.Lport = record.Lport;
        open.Rport = record.Rport;
        if (open.Comm is null && record.Comm.Length > 0)
        {
            open.Comm = nameOf(record.Comm);
        }
    }

    /// <param name="record">A conn record.</param>
    public void OnConnection(TraceRecord record) => _open.Remove(record.Key);

    public void Clear()
    {
        _open.Clear();
        NotFollowed = 0;
    }
}

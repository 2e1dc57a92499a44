using System.Net;
using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Host;

namespace SockTrace.Diag;

/// <summary>
/// Dumps the TCP sockets of a network namespace (sock_diag(7)): that of the thread that made
/// this. Needs no privilege. A dump is no snapshot: the kernel walks its hash tables while
/// sockets come and go, and one that changes its state meanwhile may show twice or not at all.
/// </summary>
internal sealed class SockDiag : IDisposable
{
    private const int NetlinkSockDiag = 4;

    private const byte AfInet = 2, AfInet6 = 10;

    private readonly NetlinkHandle _netlink = NetlinkHandle.Open(NetlinkSockDiag);

    /// <summary>netlink_dump() makes datagrams of up to 32 KiB, however large the buffer is.</summary>
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);

    private uint _sequence;

    /// <summary>Shows the sockets of one family, IPv4-mapped ones among those of IPv6. Allocates nothing.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="states">Those of <see cref="DiagStates"/>.</param>
    /// <param name="see">Called for each.</param>
    /// <returns>
    /// False where the dump was interrupted: what was shown is not to be relied on. The caller
    /// forgets it and tries again with another socket: the kernel may not be done with this one.
    /// </returns>
    /// <exception cref="DiagException">The kernel has no such dump, or it cannot be understood.</exception>
    public bool TryDump(IpFamily family, uint states, SeeSocket see)
    {
        Send(NetlinkHeader.RequestDump, family, states, default);
        bool isWhole = true;
        while (true)
        {
            int length = _netlink.Receive(_buffer, out int errno);
            if (errno == Errno.ENOBUFS)
                return false; // netlink_dump() had no memory, and goes on with the next read at best
            if (errno != 0)
                throw new DiagException("read the kernel's answer", errno);
            if (length > _buffer.Length)
                throw new DiagException($"the kernel's answer of {length} bytes was cut off at {_buffer.Length}");
            if (DiagDatagram.Read(_buffer.AsSpan(0, length), _sequence, family, see, ref isWhole))
                return isWhole;
        }
    }

    /// <summary>Looks for one IPv4 connection or mini-socket, which the kernel finds without a walk.</summary>
    /// <param name="local">Its own end.</param>
    /// <param name="remote">The other.</param>
    /// <param name="cookie">Its cookie: another socket of that four-tuple is refused.</param>
    /// <param name="socket">What is there.</param>
    /// <returns>0; ENOENT where there is none, ESTALE where there is another.</returns>
    /// <exception cref="DiagException">It cannot be asked.</exception>
    public unsafe int Find(IPEndPoint local, IPEndPoint remote, ulong cookie, out DiagSocket socket)
    {
        socket = default;
        var id = new DiagSocketId
        {
            SourcePort = (ushort)IPAddress.HostToNetworkOrder((short)local.Port),
            DestinationPort = (ushort)IPAddress.HostToNetworkOrder((short)remote.Port),
            CookieLow = (uint)cookie,
            CookieHigh = (uint)(cookie >> 32),
        };
        local.Address.TryWriteBytes(new Span<byte>(id.Source, 16), out _);
        remote.Address.TryWriteBytes(new Span<byte>(id.Destination, 16), out _);
        Send(NetlinkHeader.RequestOne, IpFamily.IPv4, uint.MaxValue, id);

        int length = _netlink.Receive(_buffer, out int errno);
        if (errno != 0)
            throw new DiagException("read the kernel's answer", errno);
        ReadOnlySpan<byte> answer = _buffer.AsSpan(0, Math.Min(length, _buffer.Length));
        NetlinkHeader header = MemoryMarshal.Read<NetlinkHeader>(answer);
        ReadOnlySpan<byte> payload = answer[NetlinkHeader.Size..];
        if (header.Type == NetlinkHeader.Error)
            return -MemoryMarshal.Read<int>(payload);
        socket = MemoryMarshal.AsRef<DiagMessage>(payload).ToSocket(IpFamily.IPv4);
        return 0;
    }

    /// <returns>Why this host's TCP sockets are not listed: an errno; 0 where they are.</returns>
    public static int WhyNot()
    {
        try
        {
            using var diag = new SockDiag();
            diag.TryDump(IpFamily.IPv4, DiagStates.Listen, (in DiagSocket _) => { });
            return 0;
        }
        catch (DiagException e)
        {
            return e.Errno != 0 ? e.Errno : Errno.EPROTO;
        }
    }

    public void Dispose() => _netlink.Dispose();

    private void Send(ushort flags, IpFamily family, uint states, in DiagSocketId id)
    {
        var request = new DiagRequest
        {
            Family = family == IpFamily.IPv4 ? AfInet : AfInet6,
            Protocol = DiagRequest.Tcp,
            States = states,
            Id = id,
        };
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref request, 1));
        request.Header = new NetlinkHeader
        {
            Length = (uint)bytes.Length,
            Type = DiagRequest.ByFamily,
            Flags = flags,
            Sequence = ++_sequence,
        };
        _netlink.Send(bytes);
    }
}

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
        var request = new DiagRequest
        {
            Family = family == IpFamily.IPv4 ? AfInet : AfInet6,
            Protocol = DiagRequest.Tcp,
            States = states,
        };
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref request, 1));
        request.Header = new NetlinkHeader
        {
            Length = (uint)bytes.Length,
            Type = DiagRequest.ByFamily,
            Flags = NetlinkHeader.RequestDump,
            Sequence = ++_sequence,
        };
        _netlink.Send(bytes);

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

    public void Dispose() => _netlink.Dispose();
}

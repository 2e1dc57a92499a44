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
    /// False where the dump was interrupted: what was shown is not to be relied on, and the
    /// caller forgets it and asks again.
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
                return false; // messages were dropped, the end of the dump perhaps: the next request has another sequence
            if (errno != 0)
                throw new DiagException("read the kernel's answer", errno);
            if (length > _buffer.Length)
                throw new DiagException($"the kernel's answer of {length} bytes was cut off at {_buffer.Length}");
            if (Read(_buffer.AsSpan(0, length), family, see, ref isWhole))
                return isWhole;
        }
    }

    public void Dispose() => _netlink.Dispose();

    /// <summary>Reads the messages of one datagram.</summary>
    /// <returns>Whether the dump has ended with it.</returns>
    private bool Read(ReadOnlySpan<byte> datagram, IpFamily family, SeeSocket see, ref bool isWhole)
    {
        while (datagram.Length >= NetlinkHeader.Size)
        {
            NetlinkHeader header = MemoryMarshal.Read<NetlinkHeader>(datagram);
            if (header.Length < NetlinkHeader.Size || header.Length > datagram.Length)
                throw new DiagException($"a message of {header.Length} bytes in {datagram.Length}");
            ReadOnlySpan<byte> payload = datagram[NetlinkHeader.Size..(int)header.Length];
            datagram = datagram[Math.Min(datagram.Length, (int)(header.Length + 3 & ~3u))..];
            if (header.Sequence != _sequence)
                continue; // what is left of a dump that was given up
            isWhole &= (header.Flags & NetlinkHeader.DumpInterrupted) == 0;
            switch (header.Type)
            {
                case NetlinkHeader.Error:
                case NetlinkHeader.Done:
                    // Both carry an errno, negated: that of the end is 0, or not there, unless the dump failed.
                    int error = payload.Length >= sizeof(int) ? MemoryMarshal.Read<int>(payload) : 0;
                    if (error < 0 || header.Type == NetlinkHeader.Error)
                        throw new DiagException("dump TCP sockets", -error);
                    return true;
                case DiagRequest.ByFamily when payload.Length >= DiagMessage.Size:
                    see(MemoryMarshal.AsRef<DiagMessage>(payload).ToSocket(family));
                    break;
                case DiagRequest.ByFamily:
                    throw new DiagException($"a socket of {payload.Length} bytes, {DiagMessage.Size} expected");
            }
        }
        return false;
    }
}

using System.Runtime.InteropServices;
using SockTrace.Events;

namespace SockTrace.Diag;

/// <summary>One datagram of a dump: messages, each with a header, padded to 4 bytes.</summary>
internal static class DiagDatagram
{
    /// <summary>Reads the messages of one datagram.</summary>
    /// <param name="datagram">What came.</param>
    /// <param name="sequence">That of the request.</param>
    /// <param name="family">Whose sockets were asked for.</param>
    /// <param name="see">Called for each.</param>
    /// <param name="isWhole">Becomes false where the kernel says that the dump is inconsistent.</param>
    /// <returns>Whether the dump has ended with it.</returns>
    /// <exception cref="DiagException">It is an error, or not what it should be.</exception>
    public static bool Read(ReadOnlySpan<byte> datagram, uint sequence, IpFamily family, SeeSocket see, ref bool isWhole)
    {
        while (datagram.Length >= NetlinkHeader.Size)
        {
            NetlinkHeader header = MemoryMarshal.Read<NetlinkHeader>(datagram);
            if (header.Length < NetlinkHeader.Size || header.Length > datagram.Length)
                throw new DiagException($"a message of {header.Length} bytes in {datagram.Length}");
            ReadOnlySpan<byte> payload = datagram[NetlinkHeader.Size..(int)header.Length];
            datagram = datagram[Math.Min(datagram.Length, (int)(header.Length + 3 & ~3u))..];
            if (header.Sequence != sequence)
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

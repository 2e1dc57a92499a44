using System.Runtime.InteropServices;
using CommunityToolkit.HighPerformance.Buffers;
using Microsoft.Win32.SafeHandles;
using SockTrace.Events;
using SockTrace.Host;

namespace SockTrace.Bpf;

/// <summary>All sockets and mini-sockets that exist, as events, by the iterator program.</summary>
internal sealed class BpfSnapshot(BpfLinkHandle iterator, uint? netns)
{
    private const int ReadSize = 64 * 1024;

    /// <summary>
    /// Takes one of each network namespace that can be entered, each followed by its
    /// <see cref="EventKind.SnapshotEnd"/>. In the order of time.
    /// </summary>
    /// <returns>The events, owned by the caller, and how many namespaces could not be entered.</returns>
    /// <exception cref="BpfException">The iterator cannot be opened or read.</exception>
    public (ArrayPoolBufferWriter<byte> Events, int Refused) Take()
    {
        var events = new ArrayPoolBufferWriter<byte>(ReadSize);
        try
        {
            return (events, NetnsVisitor.Visit(netns, [], (inode, _) => Take(inode, events)));
        }
        catch (Exception e)
        {
            events.Dispose();
            if (e is IOException)
                throw new BpfException("read the socket iterator", e.HResult);
            throw;
        }
    }

    private void Take(uint inode, ArrayPoolBufferWriter<byte> events)
    {
        long beganNs = WallClock.MonotonicNs;
        int fd = LibBpf.ThrowIfError(LibBpf.bpf_iter_create(LibBpf.bpf_link__fd(iterator)), "open the socket iterator");
        using (var file = new FileStream(new SafeFileHandle(fd, ownsHandle: true), FileAccess.Read, bufferSize: 0))
        {
            while (file.Read(events.GetSpan(ReadSize)) is int read and > 0)
                events.Advance(read);
        }
        var end = new TcpEvent
        {
            Kind = EventKind.SnapshotEnd,
            TimeNs = (ulong)WallClock.MonotonicNs,
            BytesSent = (ulong)beganNs,
            Netns = inode,
            Family = IpFamily.IPv4,
        };
        MemoryMarshal.Write(events.GetSpan(TcpEvent.Size), end);
        events.Advance(TcpEvent.Size);
    }
}

using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SockTrace.Events;
using SockTrace.Host;

namespace SockTrace.Bpf;

/// <summary>All sockets and mini-sockets that exist, as events, by the iterator program.</summary>
internal sealed class BpfSnapshot(BpfLinkHandle iterator, uint? netns)
{
    /// <summary>More than the kernel gives at once: 8 pages (bpf_seq_read()), so that events come whole.</summary>
    private const int ReadSize = 64 * 1024;

    /// <summary>
    /// Takes one of each network namespace that can be entered, each followed by its
    /// <see cref="EventKind.SnapshotEnd"/>. In the order of time, as it is read; it waits where the
    /// pipe is full.
    /// </summary>
    /// <returns>How many namespaces could not be entered.</returns>
    /// <exception cref="BpfException">The iterator cannot be opened or read.</exception>
    /// <exception cref="OperationCanceledException">Nobody reads the pipe any more.</exception>
    public int Take(PipeWriter events) => NetnsVisitor.Visit(netns, [], (inode, _) => Take(inode, events));

    private void Take(uint inode, PipeWriter events)
    {
        long beganNs = WallClock.MonotonicNs;
        int fd = LibBpf.ThrowIfError(LibBpf.bpf_iter_create(LibBpf.bpf_link__fd(iterator)), "open the socket iterator");
        using (var file = new FileStream(new SafeFileHandle(fd, ownsHandle: true), FileAccess.Read, bufferSize: 0))
        {
            while (Read(file, events.GetSpan(ReadSize)) is int read and > 0)
            {
                events.Advance(read);
                Flush(events);
            }
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
        Flush(events);
    }

    /// <summary>After a million sockets of which the filters let none through a read says EAGAIN (bpf_seq_read()): the next goes on.</summary>
    private static int Read(FileStream file, Span<byte> buffer)
    {
        while (true)
        {
            try
            {
                return file.Read(buffer);
            }
            catch (IOException e) when (e.HResult == Errno.EAGAIN)
            {
            }
            catch (IOException e)
            {
                throw new BpfException("read the socket iterator", e.HResult);
            }
        }
    }

    /// <summary>Blocks, since what follows must run on this thread: it has entered the namespace.</summary>
    private static void Flush(PipeWriter events)
    {
        if (events.FlushAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult().IsCompleted)
            throw new OperationCanceledException();
    }
}

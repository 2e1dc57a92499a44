using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SockTrace.Host;

namespace SockTrace.Diag;

/// <summary>A netlink socket of the network namespace that the thread was in which opened it (netlink(7)).</summary>
internal sealed unsafe partial class NetlinkHandle : SafeHandleMinusOneIsInvalid
{
    private const int AfNetlink = 16, SockRaw = 3, SockCloexec = 0x80000;
    private const int MsgTrunc = 0x20;

    private NetlinkHandle(int fd)
        : base(ownsHandle: true) => SetHandle(fd);

    /// <exception cref="DiagException">There is none to be had.</exception>
    public static NetlinkHandle Open(int protocol)
    {
        // As an int: as a handle, of pointer size, -1 need not be -1.
        int fd = socket(AfNetlink, SockRaw | SockCloexec, protocol);
        return fd >= 0 ? new NetlinkHandle(fd) : throw new DiagException("open a netlink socket", Marshal.GetLastPInvokeError());
    }

    /// <summary>Sends one message to the kernel.</summary>
    /// <exception cref="DiagException">It was not taken.</exception>
    public void Send(ReadOnlySpan<byte> message)
    {
        fixed (byte* start = message)
        {
            // A socket that is not connected sends to port 0, which is the kernel.
            while (send(this, start, (nuint)message.Length, 0) < 0)
            {
                if (Marshal.GetLastPInvokeError() is int errno && errno != Errno.EINTR)
                    throw new DiagException("ask", errno);
            }
        }
    }

    /// <summary>Waits for one datagram, of one message or several.</summary>
    /// <param name="buffer">Where it goes.</param>
    /// <param name="errno">Why there is none; 0 where there is.</param>
    /// <returns>Its length, which is larger than the buffer where the rest of it was cut off.</returns>
    public int Receive(Span<byte> buffer, out int errno)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint length = recv(this, start, (nuint)buffer.Length, MsgTrunc);
                errno = length >= 0 ? 0 : Marshal.GetLastPInvokeError();
                if (errno != Errno.EINTR)
                    return (int)length;
            }
        }
    }

    protected override bool ReleaseHandle() => close((int)handle) == 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(NetlinkHandle fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(NetlinkHandle fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial int close(int fd);
}

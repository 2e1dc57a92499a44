using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SockTrace.Events;
using SockTrace.Host;

namespace SockTrace.Doctor;

/// <summary>NETLINK_SOCK_DIAG, sock_diag(7), as far as it is asked here. Needs no privilege.</summary>
internal sealed unsafe partial class SockDiag : IDisposable
{
    private const int HeaderSize = 16, RequestSize = 56; // struct nlmsghdr, struct inet_diag_req_v2
    private const ushort SockDiagByFamily = 20, Request = 1, Dump = 0x300, ErrorMessage = 2;
    private const byte AfInet = 2, IpProtoTcp = 6;

    private readonly SafeFileHandle _socket;

    /// <exception cref="IOException">There is no such socket.</exception>
    public SockDiag()
    {
        const int AfNetlink = 16, SockRawCloseOnExec = 0x80003, NetlinkSockDiag = 4;
        int fd = socket(AfNetlink, SockRawCloseOnExec, NetlinkSockDiag);
        if (fd < 0)
            throw Failed();
        _socket = new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <returns>Why TCP sockets are not listed: an errno; 0 where they are.</returns>
    public static int WhyNot()
    {
        try
        {
            using var diag = new SockDiag();
            return diag.Ask(Dump, states: 1 << (int)TcpState.Listen, default, default, cookie: 0, stackalloc byte[32 * 1024], out _);
        }
        catch (IOException e)
        {
            return e.HResult;
        }
    }

    /// <summary>Looks for one socket of 127.0.0.1, whatever its state.</summary>
    /// <param name="local">Its own end.</param>
    /// <param name="remote">The other.</param>
    /// <param name="cookie">Its cookie: another socket of that four-tuple is refused.</param>
    /// <param name="timer">What is left of its timer, where it is a mini-socket in TIME_WAIT; else null.</param>
    /// <returns>0; ENOENT where there is none, ESTALE where there is another.</returns>
    /// <exception cref="IOException">It cannot be asked.</exception>
    public int Find(IPEndPoint local, IPEndPoint remote, ulong cookie, out TimeSpan? timer)
    {
        const byte TimeWaitTimer = 3; // idiag_timer of a mini-socket
        Span<byte> answer = stackalloc byte[4096];
        int errno = Ask(0, uint.MaxValue, local, remote, cookie, answer, out int length);
        timer = null;
        // struct inet_diag_msg: family, state, timer, retrans, then the id of 48 bytes, and expires, milliseconds.
        if (errno == 0 && length >= HeaderSize + 56 && answer[HeaderSize + 1] == (byte)TcpState.TimeWait && answer[HeaderSize + 2] == TimeWaitTimer)
            timer = TimeSpan.FromMilliseconds(BitConverter.ToUInt32(answer[(HeaderSize + 52)..]));
        return errno;
    }

    public void Dispose() => _socket.Dispose();

    private int Ask(ushort flags, uint states, IPEndPoint? local, IPEndPoint? remote, ulong cookie, Span<byte> answer, out int length)
    {
        Span<byte> message = stackalloc byte[HeaderSize + RequestSize];
        message.Clear();
        BitConverter.TryWriteBytes(message, message.Length);
        BitConverter.TryWriteBytes(message[4..], SockDiagByFamily);
        BitConverter.TryWriteBytes(message[6..], (ushort)(Request | flags));
        Span<byte> request = message[HeaderSize..];
        request[0] = AfInet;
        request[1] = IpProtoTcp;
        BitConverter.TryWriteBytes(request[4..], states);
        Write(request[8..], request[12..], local);
        Write(request[10..], request[28..], remote);
        BitConverter.TryWriteBytes(request[48..], cookie);

        fixed (byte* bytes = message)
        fixed (byte* buffer = answer)
        {
            if (send(_socket, bytes, (nuint)message.Length, 0) < 0 || (length = (int)recv(_socket, buffer, (nuint)answer.Length, 0)) < 0)
                throw Failed();
        }
        return length >= HeaderSize + 4 && BitConverter.ToUInt16(answer[4..]) == ErrorMessage ? -BitConverter.ToInt32(answer[HeaderSize..]) : 0;
    }

    private static void Write(Span<byte> port, Span<byte> address, IPEndPoint? end)
    {
        if (end is null)
            return;
        BinaryPrimitives.WriteUInt16BigEndian(port, (ushort)end.Port);
        end.Address.TryWriteBytes(address, out _);
    }

    private static IOException Failed()
    {
        int errno = Marshal.GetLastPInvokeError();
        return new IOException($"NETLINK_SOCK_DIAG: {Errno.Describe(errno)}", errno);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(SafeFileHandle sockfd, byte* buf, nuint len, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(SafeFileHandle sockfd, byte* buf, nuint len, int flags);
}

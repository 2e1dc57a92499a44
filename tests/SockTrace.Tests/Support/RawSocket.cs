using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SockTrace.Tests.Support;

/// <summary>A TCP socket over IPv4 as connect(2) gives it: .NET's own may not connect again after a failure.</summary>
internal sealed unsafe partial class RawSocket : IDisposable
{
    public const int ConnectionRefused = 111;

    private const int AfUnspec = 0, AfInet = 2, SockStream = 1;
    private const uint Loopback = 0x7F000001;

    private readonly int _fd = socket(AfInet, SockStream, 0);

    public int LocalPort
    {
        get
        {
            var address = default(SockAddrIn);
            int length = sizeof(SockAddrIn);
            Assert.Equal(0, getsockname(_fd, &address, &length));
            return BinaryPrimitives.ReverseEndianness(address.Port);
        }
    }

    /// <summary>Connects to a port of 127.0.0.1.</summary>
    /// <returns>0, or errno.</returns>
    public int Connect(int port) => Connect(new SockAddrIn
    {
        Family = AfInet,
        Port = BinaryPrimitives.ReverseEndianness((ushort)port),
        Address = BinaryPrimitives.ReverseEndianness(Loopback),
    });

    /// <summary>connect() with AF_UNSPEC: the socket is as if it had never connected.</summary>
    public int Disconnect() => Connect(new SockAddrIn { Family = AfUnspec });

    public void Dispose() => Assert.Equal(0, close(_fd));

    private int Connect(SockAddrIn address) =>
        connect(_fd, &address, sizeof(SockAddrIn)) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc")]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int fd, SockAddrIn* address, int length);

    [LibraryImport("libc")]
    private static partial int getsockname(int fd, SockAddrIn* address, int* length);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    /// <summary>struct sockaddr_in, ip(7).</summary>
    private struct SockAddrIn
    {
        public ushort Family;
        public ushort Port;
        public uint Address;
        public ulong Padding;
    }
}

using System.Net;
using System.Net.Sockets;

namespace SockTrace.Doctor;

/// <summary>
/// A connection on loopback, from one ephemeral port to another, whose client closes first: so its
/// end stands in FIN_WAIT2, and goes into TIME_WAIT when the server's is closed.
/// </summary>
internal sealed class TimeWaitConnection : IDisposable
{
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _server;

    /// <exception cref="SocketException">There is no loopback, or no port.</exception>
    public TimeWaitConnection()
    {
        // Closed before the measuring begins: nobody else can connect to that port.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        _client.Connect(listener.LocalEndPoint!);
        _server = listener.Accept();
        Local = (IPEndPoint)_client.LocalEndPoint!;
        Remote = (IPEndPoint)_client.RemoteEndPoint!;
        const int SolSocket = 1, SoCookie = 57;
        Span<byte> cookie = stackalloc byte[sizeof(ulong)];
        _client.GetRawSocketOption(SolSocket, SoCookie, cookie);
        Cookie = BitConverter.ToUInt64(cookie);
        _client.Shutdown(SocketShutdown.Send);
        _server.Receive(new byte[1]); // its end: the FIN has come
    }

    /// <summary>The client's end.</summary>
    public IPEndPoint Local { get; }

    public IPEndPoint Remote { get; }

    /// <summary>The client's socket cookie, which its mini-socket inherits (inet_twsk_alloc()).</summary>
    public ulong Cookie { get; }

    /// <summary>TIME_WAIT begins.</summary>
    public void CloseServer() => _server.Dispose();

    public void Dispose()
    {
        _client.Dispose();
        _server?.Dispose();
    }
}

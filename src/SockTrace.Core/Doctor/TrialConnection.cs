using System.Net;
using System.Net.Sockets;

namespace SockTrace.Doctor;

/// <summary>
/// A connection on loopback to see, that leaves nothing behind. Its client is closed first: an
/// orphan, which stands in FIN_WAIT2 as a mini-socket. The server's abort then ends that with a
/// RST (tcp_timewait_state_process()), so there is no TIME_WAIT.
/// </summary>
internal sealed class TrialConnection : IDisposable
{
    private readonly Socket _listener = NewSocket();
    private Socket? _client, _server;

    /// <exception cref="SocketException">There is no loopback, or no port.</exception>
    public TrialConnection()
    {
        try
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(1);
            Port = (ushort)((IPEndPoint)_listener.LocalEndPoint!).Port;
        }
        catch (SocketException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The server's port.</summary>
    public ushort Port { get; }

    /// <summary>Connects, accepts, and closes the client's end.</summary>
    /// <exception cref="SocketException">It cannot be done.</exception>
    public void OpenAndOrphan()
    {
        _client = NewSocket();
        _client.Connect(_listener.LocalEndPoint!);
        _server = _listener.Accept();
        // Above TCP_TIMEWAIT_LEN an orphan stays a full socket for a while, whatever tcp_fin_timeout is.
        const int Linger2 = 8; // TCP_LINGER2, include/uapi/linux/tcp.h
        _client.SetRawSocketOption((int)SocketOptionLevel.Tcp, Linger2, BitConverter.GetBytes(5));
        _client.Dispose();
    }

    /// <summary>Closes the server's end by a RST.</summary>
    public void Abort()
    {
        _server!.LingerState = new LingerOption(true, 0);
        _server.Dispose();
    }

    public void Dispose()
    {
        _client?.Dispose();
        _server?.Dispose();
        _listener.Dispose();
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}

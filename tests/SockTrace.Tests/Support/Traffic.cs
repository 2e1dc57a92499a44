using System.Net;
using System.Net.Sockets;

namespace SockTrace.Tests.Support;

/// <summary>Connections on loopback. Runs on the calling thread, so in its network namespace.</summary>
internal static class Traffic
{
    public static Socket Listen(int port, string address = "127.0.0.1")
    {
        var listener = new Socket(IPAddress.Parse(address).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(address), port));
        listener.Listen(1024);
        return listener;
    }

    public static (Socket Client, Socket Server) Connect(Socket listener, string? address = null)
    {
        var local = (IPEndPoint)listener.LocalEndPoint!;
        var client = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (local.AddressFamily == AddressFamily.InterNetworkV6)
            client.DualMode = true;
        client.Connect(address is null ? local : new IPEndPoint(IPAddress.Parse(address), local.Port));
        return (client, listener.Accept());
    }

    /// <summary>Opens so many connections, and leaves both ends of each open.</summary>
    public static List<Socket> ConnectMany(Socket listener, int count)
    {
        var sockets = new List<Socket>(2 * count);
        for (int i = 0; i < count; i++)
        {
            (Socket client, Socket server) = Connect(listener);
            sockets.Add(client);
            sockets.Add(server);
        }
        return sockets;
    }

    /// <summary>Opens and closes connections one after the other; the client closes first.</summary>
    public static void Cycle(int count, int port)
    {
        using Socket listener = Listen(port, "0.0.0.0");
        for (int i = 0; i < count; i++)
        {
            // Ports are per destination, and each connection leaves its own in TIME_WAIT.
            (Socket client, Socket server) = Connect(listener, $"127.0.0.{1 + (i % 16)}");
            client.Dispose();
            server.Dispose();
        }
    }
}

namespace SockTrace.Events;

/// <summary>The kernel's names of the states, and which may follow which.</summary>
internal static class TcpStates
{
    /// <summary>One more than the largest state.</summary>
    public const int Count = 13;

    /// <summary>The name without the kernel's <c>TCP_</c>, as UTF-8.</summary>
    public static ReadOnlySpan<byte> Name(TcpState state) => state switch
    {
        TcpState.Established => "ESTABLISHED"u8,
        TcpState.SynSent => "SYN_SENT"u8,
        TcpState.SynRecv => "SYN_RECV"u8,
        TcpState.FinWait1 => "FIN_WAIT1"u8,
        TcpState.FinWait2 => "FIN_WAIT2"u8,
        TcpState.TimeWait => "TIME_WAIT"u8,
        TcpState.Close => "CLOSE"u8,
        TcpState.CloseWait => "CLOSE_WAIT"u8,
        TcpState.LastAck => "LAST_ACK"u8,
        TcpState.Listen => "LISTEN"u8,
        TcpState.Closing => "CLOSING"u8,
        TcpState.NewSynRecv => "NEW_SYN_RECV"u8,
        _ => "UNKNOWN"u8,
    };

    public static string Text(TcpState state) => System.Text.Encoding.ASCII.GetString(Name(state));

    /// <summary>The state of that name, in whatever case.</summary>
    /// <returns>Null where there is none that sockets can be seen in.</returns>
    public static TcpState? Parse(string name)
    {
        for (TcpState state = TcpState.Established; state <= TcpState.Closing; state++)
        {
            if (Text(state).Equals(name, StringComparison.OrdinalIgnoreCase))
                return state;
        }
        return null;
    }

    /// <summary>
    /// Whether a socket that was seen in <paramref name="old"/> and later in
    /// <paramref name="new"/> must have gone there directly (RFC 9293, 3.3.2). Who polls may
    /// claim to know the old state only then. (Simultaneous opens are left out of account.)
    /// </summary>
    public static bool IsOnlyWay(TcpState old, TcpState @new) => (old, @new) switch
    {
        (TcpState.SynSent, TcpState.Established) => true,
        (TcpState.SynRecv, TcpState.Established) => true,
        (TcpState.Established, TcpState.FinWait1 or TcpState.CloseWait) => true,
        (TcpState.FinWait1, TcpState.FinWait2 or TcpState.Closing) => true,
        (TcpState.CloseWait, TcpState.LastAck) => true,
        (TcpState.FinWait2 or TcpState.Closing or TcpState.LastAck or TcpState.Listen, TcpState.Close) => true,
        _ => false,
    };
}

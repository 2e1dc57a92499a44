namespace SockTrace.Tracking;

/// <summary>Which end of the connection a socket is, by its first transition.</summary>
internal enum Role : byte
{
    /// <summary>It was there before we were.</summary>
    Unknown,

    /// <summary>It did CLOSE→SYN_SENT.</summary>
    Client,

    /// <summary>It did LISTEN→SYN_RECV.</summary>
    Server,

    /// <summary>It did CLOSE→LISTEN.</summary>
    Listener,
}

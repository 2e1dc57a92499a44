namespace SockTrace.Tracking;

/// <summary>What a client's local port was before, if an earlier connection of this trace had it.</summary>
internal enum PortReuse : byte
{
    /// <summary>Nobody had it, as far as is remembered.</summary>
    None,

    /// <summary>The same four-tuple, whose mini-socket it took over: tcp_tw_reuse.</summary>
    InTimeWait,

    /// <summary>The same four-tuple, later.</summary>
    AfterTimeWait,

    /// <summary>The same local end toward another peer; without a gap, both lived at once.</summary>
    OtherDestination,
}

namespace SockTrace.Reporting;

/// <summary>What the connections of a report can be put together by.</summary>
internal enum GroupBy
{
    /// <summary>The remote end of a client's connection, the local end of a server's.</summary>
    Destination,

    /// <summary>The owner's name.</summary>
    Process,

    /// <summary>The network namespace, of each host apart.</summary>
    Netns,

    /// <summary>The host that was traced.</summary>
    Host,
}

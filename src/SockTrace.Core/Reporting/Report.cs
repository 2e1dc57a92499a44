namespace SockTrace.Reporting;

/// <summary>
/// All that a report says, whatever form it takes. As JSON it is documented in docs/report.md:
/// fields may be added, and none changes its meaning while <see cref="Schema"/> stays.
/// </summary>
internal sealed record Report
{
    public int Schema { get; init; } = 1;

    /// <summary>Of the program that made it.</summary>
    public required string Version { get; init; }

    /// <summary>What must be known before any number is believed: losses, inferred numbers, damaged files.</summary>
    public required IReadOnlyList<Note> Notes { get; init; }

    /// <summary>What the numbers say, the most urgent first.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    public required IReadOnlyList<TraceSummary> Traces { get; init; }
    public required DateTimeOffset Begin { get; init; }
    public required DateTimeOffset End { get; init; }

    /// <summary>Connections whose begin was seen.</summary>
    public required long Opened { get; init; }

    /// <summary>Those that had not reached CLOSE when their trace ended.</summary>
    public required long OpenAtEnd { get; init; }

    public required ConnectionCounts Connections { get; init; }

    /// <summary>connect()s that found no port.</summary>
    public required long PortExhausted { get; init; }

    public required LossCounts Lost { get; init; }

    /// <summary>By name; only those with values.</summary>
    public required IReadOnlyDictionary<string, Distribution> Metrics { get; init; }

    public required IReadOnlyList<GroupingReport> Groups { get; init; }
    public required TimeLineReport TimeLine { get; init; }

    /// <summary>The fullest and busiest first.</summary>
    public required IReadOnlyList<PoolReport> Pools { get; init; }
}

/// <summary>Something that qualifies the numbers.</summary>
/// <param name="Id">Of its kind, stable.</param>
/// <param name="Text">One sentence or two.</param>
internal sealed record Note(string Id, string Text);

/// <summary>Connections put together by one criterion.</summary>
/// <param name="By">destination, process, netns or host.</param>
/// <param name="Groups">The largest first.</param>
/// <param name="Others">What was too small to be kept apart; null where nothing was.</param>
/// <param name="Merged">How many groups are in it.</param>
internal sealed record GroupingReport(string By, IReadOnlyList<GroupReport> Groups, GroupReport? Others, long Merged);

/// <param name="Key">What they have in common.</param>
internal sealed record GroupReport(
    string Key, ConnectionCounts Connections, IReadOnlyDictionary<string, Distribution> Metrics);

/// <summary>What happened when, in steps of equal length.</summary>
/// <param name="Begin">Of the first step.</param>
/// <param name="StepNs">Nanoseconds.</param>
/// <param name="Opened">Connections that began, a step each.</param>
/// <param name="Closed">Connections that reached CLOSE.</param>
/// <param name="Failed">Those of them that never were established.</param>
/// <param name="Live">The most sockets that existed; -1 where nobody looked.</param>
/// <param name="TimeWait">The most mini-sockets that existed; likewise.</param>
internal sealed record TimeLineReport(
    DateTimeOffset Begin, long StepNs, long[] Opened, long[] Closed, long[] Failed, long[] Live, long[] TimeWait);

/// <summary>A pool of local ports, and how it was used.</summary>
internal sealed record PoolReport
{
    public required string Host { get; init; }
    public required uint Netns { get; init; }
    public required string Laddr { get; init; }
    public required string Raddr { get; init; }
    public required ushort Rport { get; init; }

    /// <summary>Ports in it; null where that is not known.</summary>
    public long? Size { get; init; }

    /// <summary>Connections a second that it bears for ever, each leaving 60 s of TIME_WAIT behind.</summary>
    public double? SustainablePerSecond { get; init; }

    /// <summary>The most that were taken at once; null where nobody looked.</summary>
    public long? TakenMax { get; init; }

    public long? TimeWaitMax { get; init; }

    /// <summary>Clients' connections through it that reached CLOSE.</summary>
    public required long Connections { get; init; }

    /// <summary>The same, a second of the trace.</summary>
    public required double ConnectionsPerSecond { get; init; }

    /// <summary>The fastest second or so.</summary>
    public double? OpenedPerSecondMax { get; init; }

    /// <summary>The shortest time to empty that was foretold.</summary>
    public long? EmptyInNsMin { get; init; }

    /// <summary>connect()s that found no port.</summary>
    public required long PortExhausted { get; init; }

    /// <summary>The process that opened most of them.</summary>
    public string? Comm { get; init; }

    /// <summary>How many of them.</summary>
    public long? CommConnections { get; init; }

    /// <summary>Ports taken, by the steps of the time line; -1 where nobody looked. Null where it has none.</summary>
    public long[]? Taken { get; init; }

    /// <summary>Ports in TIME_WAIT, likewise.</summary>
    public long[]? TimeWait { get; init; }
}

using SockTrace.Events;

namespace SockTrace.Reporting;

/// <summary>Connections that were open when their trace ended, alike in owner, destination and state.</summary>
/// <param name="Host">Of the trace.</param>
/// <param name="Comm">Their owner; null where nobody is known.</param>
/// <param name="Destination">As in <see cref="GroupKey.Name"/>.</param>
/// <param name="State">In which they stand.</param>
internal sealed record LingeringGroup(string Host, string? Comm, string Destination, TcpState State)
{
    public long Count { get; set; }

    /// <summary>Of the one that has stood longest in its state, nanoseconds.</summary>
    public long LongestNs { get; set; }
}

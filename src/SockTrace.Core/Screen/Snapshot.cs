using SockTrace.Filters;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>What a view looks at: the tables as they are now, and what happened until now.</summary>
internal sealed record Snapshot
{
    public required TraceTables Tables { get; init; }
    public required Activity Activity { get; init; }
    public required TraceTotals Totals { get; init; }

    /// <summary>As the source's times.</summary>
    public required long NowNs { get; init; }

    /// <summary>What the run was told to show.</summary>
    public required TraceFilter Filter { get; init; }

    /// <summary>What was typed into the screen.</summary>
    public required FilterWords Words { get; init; }

    /// <summary>Whether a socket is to be seen, by what does not change over its life.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="more">What free words may also stand in.</param>
    public bool Shows(in SocketIdentity socket, params ReadOnlySpan<string> more) =>
        socket.Matches(Filter) && socket.Matches(Words.Filter)
        && (Words.Role is not Role role || socket.Role == role)
        && (Words.Texts.Count == 0 || Words.IsIn([socket.CommText, socket.Local, socket.Remote, .. more]));

    /// <summary>Whether it has lived as long as it must; a begin of 0 is unknown.</summary>
    public bool HasLived(long openedNs) => HasLived(Filter, openedNs) && HasLived(Words.Filter, openedNs);

    private bool HasLived(TraceFilter filter, long openedNs) => filter.MinLifetime is not TimeSpan least
        || (openedNs != 0 && NowNs - openedNs >= least.Ticks * TimeSpan.NanosecondsPerTick);
}

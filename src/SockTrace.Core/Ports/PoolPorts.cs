using SockTrace.Reporting;
using SockTrace.Tracking;

namespace SockTrace.Ports;

/// <summary>The ports toward one destination from one address.</summary>
/// <param name="key">From where to where.</param>
internal sealed class PoolPorts(PoolKey key)
{
    internal PoolKey Key => key;

    /// <summary>The fullest first, and of those the largest.</summary>
    public static readonly Comparer<PoolPorts> FullestFirst = Comparer<PoolPorts>.Create((a, b) =>
        b.Share.CompareTo(a.Share) is int byShare and not 0 ? byShare
            : b.Taken.CompareTo(a.Taken) is int byTaken and not 0 ? byTaken
            : string.CompareOrdinal(a.ToString(), b.ToString()));

    public string Laddr => field ??= key.Laddr.ToString();
    public string Raddr => field ??= key.Raddr.ToString();
    public int Rport => key.Rport;
    public required int Size { get; init; }

    public int Taken => Live + TimeWait + FinWait2;
    public required int Live { get; init; }
    public required int CloseWait { get; init; }
    public required int TimeWait { get; init; }

    /// <summary>Orphans, whose mini-socket waits for the peer's FIN.</summary>
    public required int FinWait2 { get; init; }

    /// <summary>Ports that connect() can still choose.</summary>
    public required int Free { get; init; }

    /// <summary>1 where none is free.</summary>
    public double Share => Size == 0 ? 1 : (double)(Size - Free) / Size;

    /// <summary>Of <see cref="TimeWait"/>, those that a connect() may take over, if their peer sent timestamps.</summary>
    public required int TimeWaitReusable { get; init; }

    public required long? TimeWaitOldestNs { get; init; }
    public required long? TimeWaitNextNs { get; init; }
    public required long? TimeWaitLastNs { get; init; }

    /// <summary>The process that holds the most of <see cref="Live"/>; null where none is known.</summary>
    public uint? Pid { get; init; }

    public string? Comm { get; init; }

    /// <summary>How many it holds.</summary>
    public int? Held { get; init; }

    /// <summary>Whether the next connect() fails.</summary>
    internal bool IsExhausted => Free == 0 && TimeWaitReusable == 0;

    internal bool IsFilling => Share >= PoolAdvice.NearlyFull;

    internal bool IsBusy => Share >= PoolAdvice.Busy;

    /// <summary>As <c>10.0.0.1 -> 10.0.0.5:3306</c>.</summary>
    public override string ToString() => $"{Laddr} -> {Destination}";

    /// <summary>As <c>10.0.0.5:3306</c>.</summary>
    internal string Destination => GroupKey.EndText(key.Raddr, key.Rport);
}

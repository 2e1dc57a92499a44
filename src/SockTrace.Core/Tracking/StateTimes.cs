using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using SockTrace.Events;

namespace SockTrace.Tracking;

/// <summary>
/// How long a socket stood in each state it has left, in nanoseconds, in the order in which
/// it came to them: one slot a state, and the order as nibbles of one word.
/// </summary>
internal struct StateTimes
{
    private Durations _ns;
    private ulong _order;

    /// <summary>How many different states are in it.</summary>
    public int Count { readonly get; private set; }

    public readonly bool Contains(TcpState state)
    {
        for (int i = 0; i < Count; i++)
        {
            if (StateAt(i) == state)
                return true;
        }
        return false;
    }

    /// <param name="position">From 0 to <see cref="Count"/> - 1.</param>
    public readonly TcpState StateAt(int position) => (TcpState)(_order >> (position * 4) & 0xF);

    /// <summary>Nanoseconds in <paramref name="state"/>; 0 where it is not in it.</summary>
    public readonly long Ns(TcpState state) => _ns[(int)state];

    public void Add(TcpState state, long ns)
    {
        if (!Contains(state))
            _order |= (ulong)state << (Count++ * 4);
        _ns[(int)state] += ns;
    }

    [InlineArray(TcpStates.Count)]
    private struct Durations
    {
        [SuppressMessage("Style", "IDE0051", Justification = "An inline array is its first element.")]
        [SuppressMessage("Style", "IDE0044", Justification = "An inline array is its first element.")]
        private long _first;
    }
}

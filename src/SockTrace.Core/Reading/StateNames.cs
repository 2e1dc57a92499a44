using SockTrace.Events;

namespace SockTrace.Reading;

/// <summary>From a state's name to the state. Length and last letter leave one name to compare with: two of them stand in every line.</summary>
internal static class StateNames
{
    private const int Slots = 64;

    private static readonly TcpState[] Candidates = MakeCandidates();

    public static bool TryParse(ReadOnlySpan<byte> name, out TcpState state)
    {
        state = name.IsEmpty ? TcpState.Unknown : Candidates[SlotOf(name)];
        return name.SequenceEqual(TcpStates.Name(state));
    }

    private static int SlotOf(ReadOnlySpan<byte> name) => ((name.Length * 4) + name[^1]) & (Slots - 1);

    private static TcpState[] MakeCandidates()
    {
        var candidates = new TcpState[Slots];
        for (int state = 0; state < TcpStates.Count; state++)
            candidates[SlotOf(TcpStates.Name((TcpState)state))] = (TcpState)state;
        return candidates;
    }
}

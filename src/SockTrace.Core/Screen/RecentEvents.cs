namespace SockTrace.Screen;

/// <summary>The last events, the oldest give way.</summary>
internal sealed class RecentEvents
{
    public const int Capacity = 4096;

    private readonly RecentEvent[] _events = new RecentEvent[Capacity];

    /// <summary>Events since the start.</summary>
    public long Total { get; private set; }

    public int Count => (int)Math.Min(Total, Capacity);

    /// <summary>Room for the next one. What it held before is for the caller to overwrite.</summary>
    public ref RecentEvent Next()
    {
        ref RecentEvent e = ref _events[Total % Capacity];
        e = new RecentEvent { Number = ++Total };
        return ref e;
    }

    /// <param name="age">0 is the last one.</param>
    public ref readonly RecentEvent At(int age) => ref _events[(Total - 1 - age) % Capacity];
}

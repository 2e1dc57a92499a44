namespace SockTrace.Tracking;

/// <summary>The kernel's mini-sockets (inet_timewait_sock).</summary>
/// <param name="maxMiniSockets">The bound, at least 1.</param>
internal sealed class MiniSocketTable(int maxMiniSockets) : SocketTable(maxMiniSockets)
{
    public long[] ArmedNs = [];
    public long[] FinWait2SinceNs = [];
    public long[] TimeWaitSinceNs = [];
    public long[] ClosedNs = [];
    public bool[] IsInferred = [];

    protected override void Clear(int row)
    {
        base.Clear(row);
        ArmedNs[row] = 0;
        FinWait2SinceNs[row] = 0;
        TimeWaitSinceNs[row] = 0;
        ClosedNs[row] = 0;
        IsInferred[row] = false;
    }

    protected override void Resize(int capacity)
    {
        base.Resize(capacity);
        Array.Resize(ref ArmedNs, capacity);
        Array.Resize(ref FinWait2SinceNs, capacity);
        Array.Resize(ref TimeWaitSinceNs, capacity);
        Array.Resize(ref ClosedNs, capacity);
        Array.Resize(ref IsInferred, capacity);
    }
}

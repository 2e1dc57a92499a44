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
    public long[] MissedNs = [];

    /// <summary>The row becomes the other's, all of it that is a mini-socket's own.</summary>
    public void Copy(int row, MiniSocketTable other, int otherRow)
    {
        CopyIdentity(row, other, otherRow);
        States[row] = other.States[otherRow];
        ArmedNs[row] = other.ArmedNs[otherRow];
        FinWait2SinceNs[row] = other.FinWait2SinceNs[otherRow];
        TimeWaitSinceNs[row] = other.TimeWaitSinceNs[otherRow];
        ClosedNs[row] = other.ClosedNs[otherRow];
        IsInferred[row] = other.IsInferred[otherRow];
    }

    protected override void Clear(int row)
    {
        base.Clear(row);
        ArmedNs[row] = 0;
        FinWait2SinceNs[row] = 0;
        TimeWaitSinceNs[row] = 0;
        ClosedNs[row] = 0;
        IsInferred[row] = false;
        MissedNs[row] = 0;
    }

    protected override void Resize(int capacity)
    {
        base.Resize(capacity);
        Array.Resize(ref ArmedNs, capacity);
        Array.Resize(ref FinWait2SinceNs, capacity);
        Array.Resize(ref TimeWaitSinceNs, capacity);
        Array.Resize(ref ClosedNs, capacity);
        Array.Resize(ref IsInferred, capacity);
        Array.Resize(ref MissedNs, capacity);
    }
}

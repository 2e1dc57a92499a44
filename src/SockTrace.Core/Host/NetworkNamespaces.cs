namespace SockTrace.Host;

/// <summary>
/// What is known of each network namespace: its ports, and its counters at the start. Looked
/// up on another thread, since to look takes entering; used on the tracker's.
/// </summary>
internal sealed class NetworkNamespaces
{
    /// <summary>To look takes a few milliseconds, and the tracker waits for it.</summary>
    private const long CloseLookIntervalNs = 100_000_000;

    private readonly uint? _only;
    private readonly Dictionary<uint, PortRange?> _ranges = [];
    private readonly Dictionary<uint, (long TimeNs, KernelCounters Counters)> _first = [];
    private readonly HashSet<uint> _missed = [];
    private readonly Dictionary<uint, long> _closeLooksNs = [];
    private Task<List<Look>>? _looking;
    private uint[] _searched = [];

    /// <summary>Starts the first look; <see cref="WaitForFirstLook"/> must follow before all else.</summary>
    /// <param name="only">The one that is of interest; null is all.</param>
    public NetworkNamespaces(uint? only)
    {
        _only = only;
        _looking = Task.Run(() => LookAround(only, []));
    }

    /// <summary>What happens from the first look on is what the audit compares: events wait for it.</summary>
    public void WaitForFirstLook()
    {
        Take(_looking!.GetAwaiter().GetResult(), [], isStart: true);
        _looking = null;
    }

    /// <summary>A namespace was asked for that is not known yet.</summary>
    public bool IsWanting => _missed.Count > 0;

    /// <returns>The ports of a namespace; null where they are not known (yet).</returns>
    public PortRange? RangeOf(uint netns)
    {
        if (_ranges.TryGetValue(netns, out PortRange? range))
            return range;
        _missed.Add(netns);
        return null;
    }

    /// <summary>
    /// The ports of a namespace in which none was left. What is known of it is looked up once
    /// more if that says otherwise: somebody has changed it.
    /// </summary>
    /// <param name="netns">The namespace's inode number.</param>
    /// <param name="taken">How many ports are in use there.</param>
    public PortRange? RangeAtExhaustion(uint netns, int taken)
    {
        long nowNs = WallClock.MonotonicNs;
        if (!(RangeOf(netns)?.Size <= taken) && nowNs - _closeLooksNs.GetValueOrDefault(netns) > CloseLookIntervalNs)
        {
            Take(LookAround(netns, []), [netns], isStart: false);
            _closeLooksNs[netns] = nowNs;
        }
        return RangeOf(netns);
    }

    /// <summary>When a namespace's counters were first read; what happened before is not part of the audit.</summary>
    public long FirstLookNs(uint netns) => _first.TryGetValue(netns, out (long TimeNs, KernelCounters) look) ? look.TimeNs : 0;

    /// <summary>Starts a new look. Settings change, and namespaces come and go.</summary>
    public void Refresh()
    {
        if (_looking is not null)
            return;
        uint[] searched = [.. _missed];
        _searched = searched;
        _looking = Task.Run(() => LookAround(_only, searched));
    }

    /// <summary>Takes in what a look has found, once it has.</summary>
    public void TakeIn()
    {
        if (_looking is not { IsCompleted: true })
            return;
        Take(_looking.GetAwaiter().GetResult(), _searched, isStart: false);
        _looking = null;
    }

    /// <summary>Looks once more, now: what the counters have grown by since the first look.</summary>
    public List<(uint Netns, long UntilNs, KernelCounters Grown)> CountersNow()
    {
        var grown = new List<(uint, long, KernelCounters)>();
        foreach (Look look in LookAround(_only, _ranges.Keys))
        {
            if (look.Counters is not KernelCounters now)
                continue;
            // One that came into being meanwhile began at 0.
            KernelCounters before = _first.TryGetValue(look.Netns, out (long, KernelCounters Counters) first) ? first.Counters : default;
            grown.Add((look.Netns, look.TimeNs, now - before));
        }
        return grown;
    }

    private void Take(List<Look> looks, uint[] searched, bool isStart)
    {
        // One that nobody finds has ended, or is out of reach: it is not searched for again and again.
        foreach (uint netns in searched)
        {
            _ranges.TryAdd(netns, null);
            _missed.Remove(netns);
        }
        foreach (Look look in looks)
        {
            _ranges[look.Netns] = look.Range;
            if (isStart && look.Counters is KernelCounters counters)
                _first[look.Netns] = (look.TimeNs, counters);
            _missed.Remove(look.Netns);
        }
    }

    private static List<Look> LookAround(uint? only, IReadOnlyCollection<uint> wanted)
    {
        var looks = new List<Look>();
        NetnsVisitor.Visit(only, wanted, (netns, _) =>
        {
            var range = PortRange.Parse(
                HostFacts.ReadLine("/proc/sys/net/ipv4/ip_local_port_range"),
                HostFacts.ReadLine("/proc/sys/net/ipv4/ip_local_reserved_ports"));
            KernelCounters? counters = KernelCounters.Read();
            looks.Add(new Look(netns, WallClock.MonotonicNs, range, counters));
        });
        return looks;
    }

    private sealed record Look(uint Netns, long TimeNs, PortRange? Range, KernelCounters? Counters);
}

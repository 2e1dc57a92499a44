namespace SockTrace.Host;

/// <summary>
/// What is known of each network namespace: its ports, and its counters at the start. Looked
/// up on another thread, since to look takes entering; used on the tracker's.
/// </summary>
/// <remarks>
/// The inode number of one that has ended is the next one's at once, so what is known goes when
/// a look does not find it, or finds counters that have gone back. What both did is no audit.
/// </remarks>
internal sealed class NetworkNamespaces
{
    /// <summary>To look takes a few milliseconds, on a host of many processes more, and the tracker waits for it.</summary>
    private const long CloseLookIntervalNs = 100_000_000;

    private readonly uint? _only;
    private readonly Func<uint?, IReadOnlyCollection<uint>, List<NamespaceState>> _lookAround;
    private readonly Action<string>? _say;
    private readonly Dictionary<uint, PortRange?> _ranges = [];
    private readonly Dictionary<uint, CountersLook> _first = [];
    private readonly Dictionary<uint, KernelCounters> _latest = [];
    private readonly HashSet<uint> _ended = [];
    private readonly HashSet<uint> _missed = [];
    private readonly Dictionary<uint, long> _closeLooksNs = [];
    private readonly HashSet<uint> _unchanged = [];
    private Task<List<NamespaceState>>? _looking;
    private uint[] _searched = [];
    private bool _hasFirstLook;
    private bool _hasFailed;

    /// <summary>Starts the first look; <see cref="WaitForFirstLook"/> must follow before all else.</summary>
    /// <param name="only">The one that is of interest; null is all.</param>
    /// <param name="say">Told once, where a look fails: the trace goes on with what is known.</param>
    /// <param name="after">The first look waits for it, however it ends.</param>
    /// <param name="lookAround">Looks into all, or one, and searches for some; null is at this host.</param>
    public NetworkNamespaces(uint? only, Action<string>? say = null, Task? after = null,
        Func<uint?, IReadOnlyCollection<uint>, List<NamespaceState>>? lookAround = null)
    {
        _only = only;
        _say = say;
        _lookAround = lookAround ?? LookAround;
        _looking = Task.Run(async () =>
        {
            await Task.WhenAny(after ?? Task.CompletedTask);
            return _lookAround(only, []);
        });
    }

    /// <summary>What happens from the first look on is what the audit compares: events wait for it.</summary>
    public void WaitForFirstLook()
    {
        List<NamespaceState>? looks = Try(() => _looking!.GetAwaiter().GetResult());
        _looking = null;
        _hasFirstLook = looks is not null;
        if (_only is uint only && looks is [])
            _say?.Invoke($"network namespace {only} cannot be looked into: no process in it is to be seen, or it takes CAP_SYS_ADMIN");
        Take(looks, [], isStart: true, isFull: true);
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
    /// more if that says otherwise: somebody has changed it. If nobody has, as where bind() holds
    /// ports or half of an odd range is left to it, the regular look is soon enough.
    /// </summary>
    /// <param name="netns">The namespace's inode number.</param>
    /// <param name="taken">How many ports are in use there.</param>
    public PortRange? RangeAtExhaustion(uint netns, int taken)
    {
        PortRange? range = RangeOf(netns);
        if (range?.Size <= taken || _unchanged.Contains(netns))
            return range;
        long nowNs = WallClock.MonotonicNs;
        if (nowNs - _closeLooksNs.GetValueOrDefault(netns) <= CloseLookIntervalNs)
            return range;
        _closeLooksNs[netns] = nowNs;
        LookCloser(netns);
        PortRange? now = RangeOf(netns);
        if (now?.Size == range?.Size)
            _unchanged.Add(netns);
        return now;
    }

    /// <summary>The first look at a namespace's counters; what happened before is not part of the audit. One that came into being later began at 0.</summary>
    public CountersLook FirstLook(uint netns) => _first.GetValueOrDefault(netns);

    /// <summary>Starts a new look. Settings change, and namespaces come and go.</summary>
    public void Refresh()
    {
        if (_looking is not null)
            return;
        _searched = [.. _missed];
        // A namespace in which there is but a thread is found only if it is searched for.
        uint[] wanted = [.. _searched, .. _ranges.Where(known => known.Value is not null).Select(known => known.Key)];
        _looking = Task.Run(() => _lookAround(_only, wanted));
    }

    /// <summary>Takes in what a look has found, once it has.</summary>
    /// <returns>Whether a look has ended.</returns>
    public bool TakeIn()
    {
        if (_looking is not { IsCompleted: true } looking)
            return false;
        _looking = null;
        Take(Try(() => looking.GetAwaiter().GetResult()), _searched, isStart: false, isFull: true);
        _unchanged.Clear();
        return true;
    }

    /// <summary>Looks once more, now: what the counters have grown by since the first look.</summary>
    public List<(uint Netns, CountersLook Look, KernelCounters Grown)> CountersNow()
    {
        var grown = new List<(uint, CountersLook, KernelCounters)>();
        if (!_hasFirstLook)
            return grown; // there is nothing to compare with
        foreach (NamespaceState look in Try(() => _lookAround(_only, _ranges.Keys)) ?? [])
        {
            if (look.Counters is not CountersLook now || _ended.Contains(look.Netns)
                || (_latest.TryGetValue(look.Netns, out KernelCounters latest) && now.Counters.IsBehind(latest)))
                continue;
            grown.Add((look.Netns, now, now.Counters - FirstLook(look.Netns).Counters));
        }
        return grown;
    }

    private void LookCloser(uint netns) => Take(Try(() => _lookAround(netns, [])), [netns], isStart: false, isFull: false);

    /// <summary>A look that fails, for want of a descriptor or a thread, is none: the trace is worth more.</summary>
    private List<NamespaceState>? Try(Func<List<NamespaceState>> look)
    {
        try
        {
            return look();
        }
        catch (Exception e)
        {
            if (!_hasFailed)
                _say?.Invoke($"cannot look into network namespaces: {e.Message}; port ranges are as they were last seen, or not known");
            _hasFailed = true;
            return null;
        }
    }

    /// <param name="looks">What was found; null where nothing was looked at.</param>
    /// <param name="searched">What was searched for.</param>
    /// <param name="isStart">Whether what happened before is not part of the audit.</param>
    /// <param name="isFull">Whether what was not found is not there.</param>
    private void Take(List<NamespaceState>? looks, uint[] searched, bool isStart, bool isFull)
    {
        if (looks is null)
            return;
        // One that nobody finds has ended, or is out of reach: it is not searched for again and again.
        foreach (uint netns in searched)
        {
            _ranges.TryAdd(netns, null);
            _missed.Remove(netns);
        }
        if (isFull)
        {
            foreach (uint netns in _ranges.Where(known => known.Value is not null).Select(known => known.Key)
                .Except(looks.Select(look => look.Netns)).ToArray())
                Forget(netns);
        }
        foreach (NamespaceState look in looks)
        {
            if (look.Counters is CountersLook now)
            {
                if (_latest.TryGetValue(look.Netns, out KernelCounters before) && now.Counters.IsBehind(before))
                    Forget(look.Netns);
                _latest[look.Netns] = now.Counters;
                if (isStart)
                    _first[look.Netns] = now;
            }
            _ranges[look.Netns] = look.Range;
            _missed.Remove(look.Netns);
        }
    }

    private void Forget(uint netns)
    {
        _ranges.Remove(netns);
        _first.Remove(netns);
        _latest.Remove(netns);
        _closeLooksNs.Remove(netns);
        _ended.Add(netns);
    }

    private static List<NamespaceState> LookAround(uint? only, IReadOnlyCollection<uint> wanted)
    {
        var looks = new List<NamespaceState>();
        NetnsVisitor.Visit(only, wanted, (netns, _) =>
        {
            var range = PortRange.Parse(
                HostFacts.ReadLine("/proc/sys/net/ipv4/ip_local_port_range"),
                HostFacts.ReadLine("/proc/sys/net/ipv4/ip_local_reserved_ports"));
            looks.Add(new NamespaceState(netns, range, CountersLook.Take()));
        });
        return looks;
    }
}

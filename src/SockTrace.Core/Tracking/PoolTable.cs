using SockTrace.Events;
using SockTrace.Host;

namespace SockTrace.Tracking;

/// <summary>
/// The pools: for each (netns, local address, remote address, remote port) the local ports
/// that are taken toward it, as struct of arrays. Of those of which nothing is to be told any more
/// the last few thousand are kept, for what they have opened. Bounded: beyond that, what was quiet longest is forgotten, and counted.
/// </summary>
/// <param name="ranges">The ports of a network namespace; null where they are not known (yet).</param>
internal sealed class PoolTable(int maxPools, Func<uint, PortRange?> ranges)
{
    /// <summary>Rates are those of the last so many ticks.</summary>
    private const int Window = 5;

    /// <summary>As many may be quiet and empty: every tick, and every page of the screen, walks them.</summary>
    public const int MaxQuiet = 4096;

    private readonly RowIndex<PoolKey> _index = new(maxPools);
    private int[] _live = [];
    private int[] _timeWaits = [];
    private long[] _opened = [];
    private long[] _exhausted = [];
    private uint[] _pids = [];
    private Comm[] _comms = [];
    private long[] _timeWaitsMade = [];
    private long[] _takenOver = [];
    private int[] _ages = [];
    private PoolMark[] _marks = []; // as many of each row as the window has ticks, in turn
    private PoolRates[] _rates = [];
    private bool[] _wereFilling = [];
    private bool[] _wereExhausted = [];

    /// <summary>Seconds of each of the last ticks, and the one that comes next.</summary>
    private readonly double[] _tickSeconds = new double[Window];
    private int _tick;

    /// <summary>Whether a pool came near its end at the last tick, or to it, where it was not before.</summary>
    public bool HasNewlyFilling { get; private set; }

    public int Count => _index.Count;

    /// <summary>The row untouched longest, or <see cref="RowIndex.None"/>.</summary>
    public int Oldest => _index.Oldest;

    /// <returns>The row touched next after this one, or <see cref="RowIndex.None"/>.</returns>
    public int Newer(int row) => _index.Newer(row);

    /// <summary>Ports that are taken, in all pools.</summary>
    public int Taken
    {
        get
        {
            int taken = 0;
            for (int row = _index.Oldest; row != RowIndex.None; row = _index.Newer(row))
                taken += _live[row] + _timeWaits[row];
            return taken;
        }
    }

    /// <summary>Pools that gave way to others.</summary>
    public long Forgotten => _index.Evicted;

    /// <summary>Whether the port comes out of the namespace's range; where that is not known, probably.</summary>
    public bool IsFromRange(uint netns, ushort port) => ranges(netns)?.Contains(port) ?? true;

    /// <summary>A connection takes a port, one that is about to be chosen included.</summary>
    public void Take(PoolKey key, uint pid, in Comm comm)
    {
        int row = FindOrAdd(key);
        _live[row]++;
        _opened[row]++;
        if (pid != 0)
        {
            _pids[row] = pid;
            _comms[row] = comm;
        }
    }

    /// <summary>A connection was there before us: the pool has not grown by it.</summary>
    public void Found(PoolKey key)
    {
        int row = FindOrAdd(key); // which may make the columns anew
        _live[row]++;
        foreach (ref PoolMark mark in MarksOf(row))
        {
            mark.Live++;
            mark.Taken++;
        }
    }

    /// <summary>A mini-socket was there before us.</summary>
    public void FoundTimeWait(PoolKey key)
    {
        int row = FindOrAdd(key);
        _timeWaits[row]++;
        foreach (ref PoolMark mark in MarksOf(row))
            mark.Taken++;
    }

    /// <summary>A connection gives its port back, or leaves it to its mini-socket.</summary>
    public void Release(PoolKey key)
    {
        int row = _index.Find(key);
        if (row != RowIndex.None)
            _live[row] = Math.Max(0, _live[row] - 1);
    }

    /// <summary>A mini-socket has a port.</summary>
    public void TakeTimeWait(PoolKey key)
    {
        int row = FindOrAdd(key);
        _timeWaits[row]++;
        _timeWaitsMade[row]++;
    }

    /// <summary>A mini-socket has ended.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="isTakenOver">Whether a connect() has its port now.</param>
    public void ReleaseTimeWait(PoolKey key, bool isTakenOver = false)
    {
        int row = _index.Find(key);
        if (row == RowIndex.None)
            return;
        _timeWaits[row] = Math.Max(0, _timeWaits[row] - 1);
        if (isTakenOver)
            _takenOver[row]++;
    }

    /// <summary>A connect() found no port.</summary>
    /// <returns>How many are taken now.</returns>
    public int Exhausted(PoolKey key)
    {
        int row = FindOrAdd(key);
        _exhausted[row]++;
        return _live[row] + _timeWaits[row];
    }

    /// <summary>Brings the rates up to date.</summary>
    /// <param name="seconds">Since the last time.</param>
    public void Tick(double seconds)
    {
        HasNewlyFilling = false;
        _tickSeconds[_tick] = seconds;
        for (int row = _index.Oldest, newer; row != RowIndex.None; row = newer)
        {
            newer = _index.Newer(row);
            UpdateRates(row);
            bool isExhausted = _exhausted[row] > 0, isTaken = _live[row] + _timeWaits[row] > 0;
            bool isFilling = isTaken && UseOf(row).IsFilling;
            HasNewlyFilling |= (isFilling && !_wereFilling[row]) || (isExhausted && !_wereExhausted[row]);
            (_wereFilling[row], _wereExhausted[row]) = (isFilling, isExhausted);
            if (!isTaken && !isExhausted && _index.Count > MaxQuiet && _rates[row] == default)
                _index.Remove(row);
        }
        _tick = (_tick + 1) % Window;
    }

    private void UpdateRates(int row)
    {
        var now = new PoolMark(_live[row] + _timeWaits[row], _live[row], _opened[row], _timeWaitsMade[row], _takenOver[row]);
        Span<PoolMark> marks = MarksOf(row);
        // After it was quiet it begins anew: the time when nothing went on is no part of its rate.
        bool isAwakened = _rates[row] == default && now != marks[(_tick + Window - 1) % Window];
        int age = _ages[row] = isAwakened ? 1 : Math.Min(_ages[row] + 1, Window + 1);
        // It began amid the first of these ticks, which counts only as long as there is no other.
        int ticks = Math.Max(1, age - 1);
        double seconds = 0;
        for (int i = 0; i < ticks; i++)
            seconds += _tickSeconds[(_tick + Window - i) % Window];
        _rates[row] = PoolRates.Between(marks[(_tick + Window - ticks) % Window], now, seconds);
        marks[_tick] = now;
    }

    /// <summary>Where it stood after each of the last ticks.</summary>
    private Span<PoolMark> MarksOf(int row) => _marks.AsSpan(row * Window, Window);

    /// <summary>Fills <paramref name="fullest"/> with those that have the fewest free, by share, first.</summary>
    /// <returns>How many there are, at most its length.</returns>
    public int Fullest(Span<PoolUse> fullest)
    {
        int count = 0;
        for (int row = _index.Oldest; row != RowIndex.None; row = _index.Newer(row))
        {
            if (_live[row] + _timeWaits[row] == 0 && _exhausted[row] == 0)
                continue;
            PoolUse use = UseOf(row);
            int place = count;
            while (place > 0 && fullest[place - 1].Share < use.Share)
                place--;
            if (place == fullest.Length)
                continue;
            int moved = Math.Min(count, fullest.Length - 1) - place;
            fullest.Slice(place, moved).CopyTo(fullest[(place + 1)..]);
            fullest[place] = use;
            count = Math.Min(count + 1, fullest.Length);
        }
        return count;
    }

    public PoolUse UseOf(int row) => new(_index.KeyOf(row), _live[row], _timeWaits[row], ranges(_index.KeyOf(row).Netns)?.Size ?? 0,
        _rates[row], _opened[row], _exhausted[row], _pids[row], _comms[row]);

    private int FindOrAdd(PoolKey key)
    {
        int row = _index.Find(key);
        if (row != RowIndex.None)
        {
            _index.Touch(row);
            return row;
        }
        row = _index.Add(key);
        if (_index.Capacity > _live.Length)
            Resize();
        _live[row] = 0;
        _timeWaits[row] = 0;
        _opened[row] = 0;
        _exhausted[row] = 0;
        _pids[row] = 0;
        _comms[row] = default;
        _timeWaitsMade[row] = 0;
        _takenOver[row] = 0;
        _ages[row] = 0;
        MarksOf(row).Clear();
        _rates[row] = default;
        _wereExhausted[row] = false;
        _wereFilling[row] = false;
        return row;
    }

    private void Resize()
    {
        int capacity = _index.Capacity;
        Array.Resize(ref _live, capacity);
        Array.Resize(ref _timeWaits, capacity);
        Array.Resize(ref _opened, capacity);
        Array.Resize(ref _exhausted, capacity);
        Array.Resize(ref _pids, capacity);
        Array.Resize(ref _comms, capacity);
        Array.Resize(ref _timeWaitsMade, capacity);
        Array.Resize(ref _takenOver, capacity);
        Array.Resize(ref _ages, capacity);
        Array.Resize(ref _marks, capacity * Window);
        Array.Resize(ref _rates, capacity);
        Array.Resize(ref _wereExhausted, capacity);
        Array.Resize(ref _wereFilling, capacity);
    }
}

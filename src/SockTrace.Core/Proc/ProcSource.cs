using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Tracking;

namespace SockTrace.Proc;

/// <summary>
/// Looks at /proc/net/tcp and tcp6 of every reachable network namespace again and again, and
/// tells the differences. Needs no privilege. A socket that comes and goes between two looks
/// is not seen; an old state is told only where there is no other way to the new one.
/// </summary>
/// <param name="find">Fills in the namespaces, and the folder of each one's files.</param>
/// <param name="only">The namespace that is of interest; null is all.</param>
internal sealed class ProcSource(Action<Dictionary<uint, string>> find, uint? only = null) : IEventSource
{
    /// <summary>A timer shows in steps of 10 ms, and fires a tick late.</summary>
    private const long TimerToleranceNs = 20_000_000;

    private const int EventsPerPoll = 4096;

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<uint, string> _namespaces = [];
    private readonly Dictionary<SocketKey, SeenSocket> _seen = [];
    private readonly List<ProcSocket> _sockets = [];
    private readonly List<TcpEvent> _events = [];
    private readonly List<SocketKey> _gone = [];
    private readonly HashSet<uint> _told = [];
    private readonly Queue<string> _notes = [];
    private readonly SocketOwners _owners = new();
    private readonly ManualResetEventSlim _stopped = new();
    private HashSet<uint> _unread = [], _unreadBefore = [];
    private IEnumerator<TcpEvent>? _scan;
    private long _scans;
    private long _nextScan;
    private long _readByNs;
    private ulong _lastId;
    private long _malformed, _mostMalformed;
    private bool _isOwnerWanted, _hasLookedForOwners;

    /// <summary>The one of this host.</summary>
    /// <param name="only">The namespace that is of interest, which may come later; null is all.</param>
    /// <param name="reason">Why there is none.</param>
    /// <returns>Null where no namespace can be read.</returns>
    public static ProcSource? TryOpen(uint? only, out string reason)
    {
        var source = new ProcSource(ProcNamespaces.Find, only);
        if (source.TryFind(out reason))
        {
            foreach (string folder in source._namespaces.Values)
            {
                if (source.TryRead(folder, out reason))
                    return source;
            }
        }
        source.Dispose();
        return null;
    }

    public string Name => "proc";

    public TimeWaitSight TimeWait => TimeWaitSight.Polled;

    public IEnumerable<string> Attached =>
        [$"/proc/*/net/tcp and tcp6, every {ShortestInterval.TotalMilliseconds:0} ms or as fast as they can be read"];

    public bool Poll(PipeWriter writer, TimeSpan timeout)
    {
        if (_scan is null)
        {
            TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _nextScan);
            if (left > TimeSpan.Zero)
                _stopped.Wait(left < timeout ? left : timeout);
            if (_stopped.IsSet || Stopwatch.GetTimestamp() < _nextScan)
                return false;
            _scan = Scan().GetEnumerator();
        }

        for (int i = 0; i < EventsPerPoll; i++)
        {
            if (!_scan.MoveNext())
            {
                _scan.Dispose();
                _scan = null;
                return false;
            }
            TcpEvent e = _scan.Current;
            MemoryMarshal.Write(writer.GetSpan(TcpEvent.Size), e);
            writer.Advance(TcpEvent.Size);
        }
        return true;
    }

    public void Resynchronise()
    {
    }

    public string? TakeNote() => _notes.TryDequeue(out string? note) ? note : null;

    public void Stop() => _stopped.Set();

    /// <summary>The same lines come at each look: so those of the look that had most.</summary>
    public SourceLosses ReadLosses() => new(Ring: 0, Kernel: 0, _mostMalformed);

    public void Dispose()
    {
        _scan?.Dispose();
        _stopped.Dispose();
    }

    private IEnumerable<TcpEvent> Scan()
    {
        long start = Stopwatch.GetTimestamp();
        if (!TryFind(out string why))
        {
            Note(netns: 0, $"cannot look around in /proc: {why}");
            _nextScan = start + (long)(ShortestInterval.TotalSeconds * Stopwatch.Frequency);
            yield break;
        }
        _scans++;
        _malformed = 0;
        (_unread, _unreadBefore) = (_unreadBefore, _unread);
        _unread.Clear();
        foreach ((uint netns, string folder) in _namespaces)
        {
            if (only is not null && netns != only)
                continue;
            long nowNs = WallClock.MonotonicNs;
            if (!TryRead(folder, out why))
            {
                // Once may be because the process through which we looked has ended: the next look finds another.
                _unread.Add(netns);
                if (_unreadBefore.Contains(netns))
                    Note(netns, $"network namespace {netns} is not seen: {why}");
                continue;
            }
            _readByNs = WallClock.MonotonicNs;
            _hasLookedForOwners = false;
            if (_isOwnerWanted)
                LookForOwners();
            int next = 0;
            while (CompareOn(netns, nowNs, ref next))
            {
                for (int i = 0; i < _events.Count; i++)
                    yield return _events[i];
            }
        }
        _mostMalformed = Math.Max(_mostMalformed, _malformed);
        foreach (TcpEvent e in Gone(WallClock.MonotonicNs))
            yield return e;

        // A host on which this takes long is not made to do nothing else.
        long took = Stopwatch.GetTimestamp() - start;
        _nextScan = start + Math.Max((long)(ShortestInterval.TotalSeconds * Stopwatch.Frequency), took * 4);
    }

    /// <summary>Says something once.</summary>
    private void Note(uint netns, string text)
    {
        if (_told.Add(netns))
            _notes.Enqueue(text);
    }

    private bool TryFind(out string why)
    {
        try
        {
            find(_namespaces);
            why = "no process that may be looked at is in /proc";
            return _namespaces.Count > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = e.Message;
            return false;
        }
    }

    private bool TryRead(string folder, out string why)
    {
        why = "";
        _sockets.Clear();
        try
        {
            _malformed += ProcNetTcp.Read($"{folder}/tcp", IpFamily.IPv4, _sockets);
            if (File.Exists($"{folder}/tcp6"))
                _malformed += ProcNetTcp.Read($"{folder}/tcp6", IpFamily.IPv6, _sockets);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = e.Message;
            return false;
        }
    }

    /// <summary>Compares one socket after the other, until there is something to tell.</summary>
    /// <param name="netns">Where they are.</param>
    /// <param name="nowNs">CLOCK_MONOTONIC before they were read.</param>
    /// <param name="next">The next of them.</param>
    /// <returns>Whether there is.</returns>
    private bool CompareOn(uint netns, long nowNs, ref int next)
    {
        _events.Clear();
        ReadOnlySpan<ProcSocket> sockets = CollectionsMarshal.AsSpan(_sockets);
        while (next < sockets.Length && _events.Count == 0)
            Compare(netns, sockets[next++], nowNs);
        return _events.Count > 0;
    }

    private void Compare(uint netns, in ProcSocket now, long nowNs)
    {
        ref SeenSocket seen = ref CollectionsMarshal.GetValueRefOrAddDefault(_seen, SocketKey.Of(netns, now), out bool isKnown);
        if (isKnown && !IsSameSocket(seen, now))
        {
            _events.Add(End(netns, seen, nowNs));
            isKnown = false;
        }

        if (!isKnown)
        {
            if (now.Inode != 0)
                LookForOwners();
            seen = new SeenSocket { Id = ++_lastId };
            _events.Add(now.IsMini ? Armed(netns, ref seen, now, nowNs) : FirstSight(netns, now, nowNs, seen.Id));
            seen.LastEventNs = nowNs;
        }
        else if (now.IsMini && (!seen.Last.IsMini || now.State != seen.Last.State || IsSetAnew(seen, now, nowNs)))
        {
            TcpEvent armed = Armed(netns, ref seen, now, nowNs);
            if (!seen.Last.IsMini)
                armed.BytesSent = seen.Id; // the parent, which is still there when this comes
            _events.Add(armed);
            if (!seen.Last.IsMini)
                _events.Add(Moved(netns, seen, seen.Last, TcpState.Close, (long)armed.TimeNs));
            seen.LastEventNs = (long)armed.TimeNs;
        }
        else if (now.State != seen.Last.State)
        {
            _events.Add(Moved(netns, seen, now, now.State, nowNs));
            seen.LastEventNs = nowNs;
        }

        seen.Last = now;
        seen.LastScan = _scans;
        if (now.Inode != 0)
            seen.Inode = now.Inode;
    }

    /// <summary>Once for the sockets of a namespace, if any is new; again at the next look where it was too soon.</summary>
    private void LookForOwners()
    {
        if (_hasLookedForOwners)
            return;
        _hasLookedForOwners = true;
        _isOwnerWanted = !_owners.Refresh();
    }

    /// <summary>The same four-tuple may have become another socket between two looks.</summary>
    private static bool IsSameSocket(in SeenSocket seen, in ProcSocket now)
    {
        if (seen.Last.IsMini)
            return now.IsMini;
        return now.IsMini || seen.Inode == 0 || now.Inode == 0 || seen.Inode == now.Inode;
    }

    /// <summary>
    /// The kernel has set a TIME_WAIT timer anew, as it does when a FIN comes once more; or the
    /// four-tuple was another connection's meanwhile, which nobody can tell.
    /// </summary>
    private static bool IsSetAnew(in SeenSocket seen, in ProcSocket now, long nowNs) =>
        // One that is late to fire shows 0.
        now is { State: TcpState.TimeWait, TimerTicks: > 0 } && nowNs + now.TimerNs > seen.ExpiresByNs + TimerToleranceNs;

    private IEnumerable<TcpEvent> Gone(long nowNs)
    {
        _gone.Clear();
        foreach ((SocketKey key, SeenSocket seen) in _seen)
        {
            if (seen.LastScan != _scans && !_unread.Contains(key.Netns))
                _gone.Add(key);
        }
        foreach (SocketKey key in _gone)
        {
            _seen.Remove(key, out SeenSocket seen);
            yield return End(key.Netns, seen, nowNs);
        }
    }

    private TcpEvent FirstSight(uint netns, in ProcSocket socket, long nowNs, ulong id)
    {
        TcpEvent e = About(netns, socket, nowNs, id, socket.Inode);
        e.Kind = EventKind.State;
        e.NewState = socket.State;
        if (_scans > 1)
        {
            e.Flags |= EventFlags.Appeared;
            // These two states have only one that can come before them.
            e.OldState = socket.State is TcpState.SynSent or TcpState.Listen ? TcpState.Close : TcpState.Unknown;
        }
        return e;
    }

    private TcpEvent Moved(uint netns, in SeenSocket seen, in ProcSocket now, TcpState state, long timeNs)
    {
        TcpEvent e = About(netns, now, Math.Max(timeNs, seen.LastEventNs), seen.Id, seen.Inode);
        e.Kind = EventKind.State;
        e.OldState = TcpStates.IsOnlyWay(seen.Last.State, state) ? seen.Last.State : TcpState.Unknown;
        e.NewState = state;
        return e;
    }

    private TcpEvent Armed(uint netns, ref SeenSocket seen, in ProcSocket now, long nowNs)
    {
        bool isTimeWait = now.State == TcpState.TimeWait;
        seen.ExpiresNs = isTimeWait ? nowNs + now.TimerNs : 0;
        seen.ExpiresByNs = _readByNs + now.TimerNs;
        long armedNs = isTimeWait ? Math.Min(nowNs, seen.ExpiresNs - TimeWaitLength.Ns) : nowNs;
        TcpEvent e = About(netns, now, Math.Max(armedNs, seen.LastEventNs), seen.Id, inode: 0);
        e.Kind = EventKind.MiniArmed;
        e.NewState = now.State;
        return e;
    }

    private TcpEvent End(uint netns, in SeenSocket seen, long nowNs)
    {
        if (!seen.Last.IsMini)
            return Moved(netns, seen, seen.Last, TcpState.Close, nowNs);

        bool isExpired = seen.ExpiresNs != 0 && nowNs >= seen.ExpiresNs - TimerToleranceNs;
        TcpEvent e = About(netns, seen.Last, isExpired ? seen.ExpiresNs : nowNs, seen.Id, inode: 0);
        e.Kind = isExpired ? EventKind.MiniExpired : EventKind.MiniGone;
        e.OldState = seen.Last.State;
        return e;
    }

    private TcpEvent About(uint netns, in ProcSocket socket, long timeNs, ulong id, ulong inode)
    {
        var e = new TcpEvent
        {
            TimeNs = (ulong)timeNs,
            Sock = id,
            Cookie = id,
            Flags = EventFlags.OwnId,
            Netns = netns,
            Uid = socket.Uid,
            Laddr = socket.Laddr,
            Raddr = socket.Raddr,
            Lport = socket.Lport,
            Rport = socket.Rport,
            Family = socket.Family,
        };
        if (inode != 0 && _owners.TryGet(inode, out uint pid, out Comm comm))
        {
            e.Flags |= EventFlags.Owner | EventFlags.OwnerFromSnapshot;
            e.Pid = pid;
            e.Comm = comm;
        }
        return e;
    }
}

using CsCheck;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Tests.Support;
using SockTrace.Tracking;
using static SockTrace.Events.TcpState;

namespace SockTrace.Tests.Tracking;

/// <summary>
/// Random lives of sockets on a small kernel, of which random events are lost, with snapshots
/// in between; the tracker's tables against a dictionary that does the same the plain way.
/// </summary>
public sealed class TrackerModelTests
{
    private const int Sequences = 100_000, SequencesInLittleRoom = 30_000;
    private const uint Netns = 4026531840;

    [Fact]
    public void TablesAgreeWithANaiveModelWhateverIsLost() =>
        Gen.Int[0, 9999].Array[5, 60].Sample(choices => new Play(choices, maxConnections: 100).Run(), iter: Sequences, threads: 1);

    [Fact]
    public void TheyAlsoDoWhereTheOldestMustGiveWay() =>
        Gen.Int[0, 9999].Array[5, 60].Sample(choices => new Play(choices, maxConnections: 3).Run(), iter: SequencesInLittleRoom, threads: 1);

    /// <summary>One sequence: each number chooses what happens next.</summary>
    private sealed class Play(int[] choices, int maxConnections)
    {
        private const int Slots = 5; // addresses that the slab gives out, again and again

        private readonly KernelSocket?[] _sockets = new KernelSocket?[Slots];
        private readonly KernelSocket?[] _minis = new KernelSocket?[Slots];
        private readonly Model _model = new(maxConnections);
        private readonly EventBatch _batch = new();
        private readonly ConnectionTracker _tracker = new(
            new TrackerOptions
            {
                MaxConnections = maxConnections,
                MaxPorts = 100,
                TimeWait = TimeWaitSight.Timers,
                Ranges = _ => new PortRange(40000, 40999, []),
            },
            []);

        private long _nowNs = 1_000_000_000;
        private ulong _lastCookie;

        public void Run()
        {
            Snapshot();
            foreach (int choice in choices)
            {
                _nowNs += 1000;
                bool isLost = choice % 10 == 0;
                int slot = choice / 10 % Slots, what = choice / 50;
                if (choice % 97 == 1)
                    Snapshot();
                else if (what % 5 == 0)
                    StepMini(slot, isLost, what);
                else
                    StepSocket(slot, isLost, what);
                Compare();
            }
            // After a last snapshot nothing that was lost is left.
            Snapshot();
            Compare();
            for (int slot = 0; slot < Slots; slot++)
            {
                AssertIsKnown(_sockets[slot]?.State, _tracker.StateOf(SockOf(slot)));
                AssertIsKnown(_minis[slot]?.State, _tracker.MiniStateOf(MiniOf(slot)));
            }
        }

        private void AssertIsKnown(TcpState? state, TcpState? inTable)
        {
            if (inTable is not null || maxConnections >= Slots)
                Assert.Equal(state, inTable);
        }

        /// <summary>The next transition of the socket in a slot; a new socket where there is none.</summary>
        private void StepSocket(int slot, bool isLost, int what)
        {
            KernelSocket? socket = _sockets[slot];
            if (socket is null)
            {
                bool isClient = what % 2 == 0;
                socket = new KernelSocket(++_lastCookie, isClient, (ushort)(40000 + _lastCookie % 1000)) { State = isClient ? SynSent : SynRecv };
                _sockets[slot] = socket;
                Deliver(socket.Transition(SockOf(slot), isClient ? Close : Listen, socket.State, _nowNs), isLost);
                return;
            }

            TcpState old = socket.State;
            socket.State = old switch
            {
                SynSent => what % 7 == 0 ? Close : Established,
                SynRecv => Established,
                Established => (what % 4) switch { 0 => Close, 1 => CloseWait, _ => FinWait1 },
                FinWait1 => what % 3 == 0 ? Closing : FinWait2,
                CloseWait => LastAck,
                _ => Close,
            };
            int mini = Array.IndexOf(_minis, null);
            LeftMini left = default;
            if (old is FinWait2 or Closing && mini >= 0)
            {
                _minis[mini] = socket with { State = TimeWait, ArmedNs = _nowNs };
                left = new LeftMini(MiniOf(mini), TimeWait);
            }
            Deliver(socket.Transition(SockOf(slot), old, socket.State, _nowNs) with { Comm = left.ToComm() }, isLost);
            if (socket.State == Close)
                _sockets[slot] = null;
        }

        private void StepMini(int slot, bool isLost, int what)
        {
            if (_minis[slot] is not KernelSocket mini)
                return;
            _minis[slot] = null;
            EventKind kind = (what % 4) switch
            {
                0 => EventKind.MiniReused,
                1 => EventKind.MiniKilled,
                _ => EventKind.MiniExpired,
            };
            Deliver(mini.Mini(MiniOf(slot), kind, _nowNs), isLost);
        }

        private void Snapshot()
        {
            _nowNs += 1_000_000_000;
            long beganNs = _nowNs;
            for (int slot = 0; slot < Slots; slot++)
            {
                if (_sockets[slot] is KernelSocket socket)
                    Deliver(socket.Transition(SockOf(slot), Unknown, socket.State, ++_nowNs) with { Kind = EventKind.Seen }, isLost: false);
                if (_minis[slot] is KernelSocket mini)
                    Deliver(mini.Mini(MiniOf(slot), EventKind.SeenMini, ++_nowNs), isLost: false);
            }
            Deliver(new TcpEvent
            {
                Kind = EventKind.SnapshotEnd,
                TimeNs = (ulong)++_nowNs,
                BytesSent = (ulong)beganNs,
                Netns = Netns,
                Family = IpFamily.IPv4,
            }, isLost: false);
            _nowNs += 1_000_000_000;
            _tracker.Tick(_nowNs, 1_000_000_000);
            _model.Tick();
        }

        private void Deliver(TcpEvent e, bool isLost)
        {
            if (isLost)
                return;
            long malformed = 0;
            _batch.Clear();
            _batch.Append([e], ref malformed);
            _tracker.Apply(_batch);
            _model.Apply(e);
            Assert.Equal(0, malformed);
        }

        private void Compare()
        {
            for (int slot = 0; slot < Slots; slot++)
            {
                Assert.Equal(_model.StateOf(SockOf(slot)), _tracker.StateOf(SockOf(slot)));
                Assert.Equal(_model.MiniStateOf(MiniOf(slot)), _tracker.MiniStateOf(MiniOf(slot)));
            }
            Assert.Equal((_model.Connections, _model.MiniSockets), _tracker.Followed);
            Assert.Equal(_model.Taken, _tracker.PortsTaken);
            Assert.Equal(_model.Held, _tracker.PortsHeld);
            Assert.Equal(_model.Evicted, _tracker.Evicted);
        }

        private static ulong SockOf(int slot) => 0x1000 + ((ulong)slot * 0x940);

        private static ulong MiniOf(int slot) => 0x100000 + ((ulong)slot * 0x100);
    }

    private sealed record KernelSocket(ulong Cookie, bool IsClient, ushort Port)
    {
        public TcpState State { get; set; }
        public long ArmedNs { get; init; }

        public TcpEvent Transition(ulong sock, TcpState old, TcpState @new, long timeNs)
        {
            ushort lport = IsClient ? @new == SynSent ? (ushort)0 : Port : (ushort)3306;
            return EventSequence.Transition(timeNs, sock, Cookie, old, @new, 0, lport, IsClient ? (ushort)3306 : Port,
                @new == Close ? EventFlags.FinReceived : 0);
        }

        public TcpEvent Mini(ulong sock, EventKind kind, long timeNs) => Transition(sock, Unknown, TimeWait, timeNs) with
        {
            Kind = kind,
            BytesSent = (ulong)ArmedNs,
        };
    }

    /// <summary>What the tables should hold, in the plainest way: one entry a socket.</summary>
    private sealed class Model(int maxConnections)
    {
        private readonly Dictionary<ulong, Entry> _sockets = [];
        private readonly Dictionary<ulong, Entry> _minis = [];

        private int _touches;

        public int Connections => _sockets.Count;

        public int MiniSockets => _minis.Count;

        /// <summary>Ports out of the range that clients or what they left behind have.</summary>
        public int Taken => _sockets.Values.Count(entry => entry.TakesPort) + _minis.Values.Count(entry => entry.TakesPort);

        /// <summary>Clients that are known to have one.</summary>
        public int Held => _sockets.Values.Count(entry => entry.HoldsPort);

        public int Evicted { get; private set; }

        public TcpState? StateOf(ulong sock) => _sockets.TryGetValue(sock, out Entry? entry) ? entry.State : null;

        public TcpState? MiniStateOf(ulong sock) => _minis.TryGetValue(sock, out Entry? entry) ? entry.State : null;

        public void Apply(in TcpEvent e)
        {
            long timeNs = (long)e.TimeNs;
            bool isFromRange = e.Lport is >= 40000 and <= 40999;
            switch (e.Kind)
            {
                case EventKind.State when e.NewState == Close:
                    End(e);
                    break;
                case EventKind.State:
                    if (Same(_sockets, e) is not Entry known || e.OldState is TcpState.Close or Listen)
                    {
                        // Only a client that is seen to begin, or that a snapshot finds, is known for one.
                        known = new Entry { TakesPort = e.OldState == TcpState.Close };
                        Add(_sockets, e.Sock, known);
                    }
                    known.HoldsPort |= known.TakesPort && e.Lport != 0;
                    known.TouchedAt = ++_touches;
                    known.Cookie = e.Cookie;
                    known.State = e.NewState;
                    known.SeenNs = timeNs;
                    break;
                case EventKind.Seen:
                    if (Same(_sockets, e) is not Entry seen)
                    {
                        seen = new Entry { TakesPort = isFromRange || e.NewState == SynSent };
                        seen.HoldsPort = seen.TakesPort && e.Lport != 0;
                        Add(_sockets, e.Sock, seen);
                    }
                    else if (!seen.IsSettled && !seen.TakesPort)
                    {
                        seen.TakesPort = isFromRange && !seen.IsServer;
                        seen.HoldsPort = seen.TakesPort;
                    }
                    seen.IsSettled = true;
                    seen.Cookie = e.Cookie;
                    seen.State = e.NewState;
                    seen.SeenNs = timeNs;
                    break;
                case EventKind.SeenMini:
                    if (Same(_minis, e) is not Entry mini)
                        Add(_minis, e.Sock, mini = new Entry { TakesPort = isFromRange });
                    mini.Cookie = e.Cookie;
                    mini.State = e.NewState;
                    mini.SeenNs = timeNs;
                    break;
                case EventKind.SnapshotEnd:
                    long beganNs = (long)e.BytesSent;
                    foreach (ulong gone in _minis.Where(pair => pair.Value.SeenNs < beganNs).Select(pair => pair.Key).ToArray())
                        _minis.Remove(gone);
                    foreach (Entry entry in _sockets.Values.Where(entry => entry.SeenNs < beganNs))
                        entry.IsMissing = true;
                    break;
                default:
                    _minis.Remove(e.Sock);
                    break;
            }
            if (e.Kind == EventKind.State && e.OldState == Listen)
                _sockets[e.Sock].IsServer = true;
        }

        public void Tick()
        {
            foreach (ulong gone in _sockets.Where(pair => pair.Value.IsMissing).Select(pair => pair.Key).ToArray())
                _sockets.Remove(gone);
        }

        /// <summary>The mini-socket that stays behind has the port from now on.</summary>
        private void End(in TcpEvent e)
        {
            Entry? closed = Same(_sockets, e);
            _sockets.Remove(e.Sock);
            LeftMini left = LeftMini.In(e.Comm);
            if (left.Sock != 0)
                Add(_minis, left.Sock, new Entry { Cookie = e.Cookie, State = left.State, SeenNs = (long)e.TimeNs, TakesPort = closed?.TakesPort ?? false });
        }

        /// <summary>Where there is no room, whoever was quiet longest has to go.</summary>
        private void Add(Dictionary<ulong, Entry> entries, ulong sock, Entry entry)
        {
            entries.Remove(sock);
            if (entries.Count == maxConnections)
            {
                entries.Remove(entries.MinBy(pair => pair.Value.TouchedAt).Key);
                Evicted++;
            }
            entry.TouchedAt = ++_touches;
            entries[sock] = entry;
        }

        private static Entry? Same(Dictionary<ulong, Entry> entries, in TcpEvent e) =>
            entries.TryGetValue(e.Sock, out Entry? entry) && entry.Cookie == e.Cookie ? entry : null;

        private sealed class Entry
        {
            public ulong Cookie { get; set; }
            public TcpState State { get; set; }
            public long SeenNs { get; set; }
            public bool TakesPort { get; set; }
            public bool HoldsPort { get; set; }
            public bool IsServer { get; set; }
            public int TouchedAt { get; set; }

            /// <summary>Whether a snapshot has said what it is.</summary>
            public bool IsSettled { get; set; }

            public bool IsMissing { get; set; }
        }
    }
}

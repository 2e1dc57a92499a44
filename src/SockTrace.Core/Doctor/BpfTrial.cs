using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using SockTrace.Bpf;
using SockTrace.Events;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Pipeline;
using SockTrace.Tracking;

namespace SockTrace.Doctor;

/// <summary>
/// Loads and attaches what `live` would, and looks whether a connection of our own is seen: a
/// hook that attaches is not a hook that fires.
/// </summary>
internal sealed class BpfTrial
{
    /// <summary>How long each thing is waited for that should come at once, or after a delayed acknowledgement (40 ms).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly HashSet<(bool IsClient, TcpState Old, TcpState New)> _transitions = [];
    private readonly BpfSource _source;
    private readonly ushort _port;
    private bool _hasSnapshot, _sawAccept;
    private ulong _mini;
    private EventKind _ending;

    private BpfTrial(BpfSource source, ushort port) => (_source, _port) = (source, port);

    public static Trial Run()
    {
        try
        {
            using var connection = new TrialConnection();
            return Run(connection);
        }
        catch (SocketException e)
        {
            return Run(e);
        }
    }

    private static Trial Run(TrialConnection connection)
    {
        var filter = new TraceFilter { Port = connection.Port, Netns = (uint?)FileSystem.InodeOf("/proc/thread-self/ns/net") };
        return Open(filter, source =>
        {
            var trial = new BpfTrial(source, connection.Port);
            try
            {
                trial.Watch(connection);
                return trial.Result(noConnection: null);
            }
            catch (SocketException e)
            {
                return trial.Result(Reason(e));
            }
        });
    }

    /// <summary>Without a connection: whether it attaches.</summary>
    private static Trial Run(SocketException failure) =>
        Open(new TraceFilter { Netns = (uint?)FileSystem.InodeOf("/proc/thread-self/ns/net") },
            source => new BpfTrial(source, port: 0).Result(Reason(failure)));

    private static Trial Open(TraceFilter filter, Func<BpfSource, Trial> run)
    {
        try
        {
            using var source = BpfSource.Open(filter, (uint)BpfSource.DefaultRingBytes);
            return run(source);
        }
        catch (SourceUnavailableException e)
        {
            return new Trial { Refusal = e.Message, Hint = e.Hint };
        }
        catch (SourceFailedException e)
        {
            return new Trial { Refusal = e.Message };
        }
    }

    private void Watch(TrialConnection connection)
    {
        // It comes once the source knows the kernel's symbols: what ends a mini-socket is told from then on.
        WaitFor(() => _hasSnapshot);
        connection.OpenAndOrphan();
        bool seesMinis = _source.TimeWait != TimeWaitSight.Inferred;
        WaitFor(() => _transitions.Contains((true, TcpState.FinWait2, TcpState.Close)) && (!seesMinis || _mini != 0));
        connection.Abort();
        WaitFor(() => _transitions.Count == Trial.ExpectedTransitions && (!seesMinis || _ending != default));
    }

    private void WaitFor(Func<bool> isSo)
    {
        long endNs = WallClock.MonotonicNs + (Patience.Ticks * TimeSpan.NanosecondsPerTick);
        while (!isSo() && WallClock.MonotonicNs < endNs)
        {
            _source.Poll(_pipe.Writer, TimeSpan.FromMilliseconds(2)); // a few events do not wake us
            _pipe.Writer.FlushAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult(); // the pipe never pauses its writer
            if (!_pipe.Reader.TryRead(out ReadResult result))
                continue;
            byte[] bytes = result.Buffer.ToArray(); // whole events: the source writes no others
            _pipe.Reader.AdvanceTo(result.Buffer.End);
            foreach (ref readonly TcpEvent e in MemoryMarshal.Cast<byte, TcpEvent>(bytes))
                TakeIn(e);
        }
    }

    private void TakeIn(in TcpEvent e)
    {
        bool isClient = e.Rport == _port, isServer = e.Lport == _port;
        switch (e.Kind)
        {
            case EventKind.SnapshotEnd:
                _hasSnapshot = true;
                break;
            // The listener's own, at the end, is not the connection's.
            case EventKind.State when (isClient || isServer) && e.OldState != TcpState.Unknown && (e.OldState, e.NewState) != (TcpState.Listen, TcpState.Close):
                _transitions.Add((isClient, e.OldState, e.NewState));
                if (isClient && _source.TimeWait == TimeWaitSight.Timers && (e.OldState, e.NewState) == (TcpState.FinWait2, TcpState.Close))
                    _mini = LeftMini.In(e.Comm).Sock;
                break;
            case EventKind.Owned when isServer && e.Flags.HasFlag(EventFlags.Owner) && !e.Flags.HasFlag(EventFlags.OwnerFromSnapshot):
                _sawAccept = true;
                break;
            case EventKind.MiniArmed when isClient:
                _mini = e.Sock;
                break;
            case EventKind.MiniExpired or EventKind.MiniGone or EventKind.MiniReused or EventKind.MiniReopened or EventKind.MiniKilled
                when _mini != 0 && e.Sock == _mini:
                _ending = e.Kind;
                break;
            default:
                break;
        }
    }

    private Trial Result(string? noConnection) => new()
    {
        Hooks = [.. _source.Attached],
        Notes = [.. Notes()],
        TimeWait = _source.TimeWait,
        NoConnection = noConnection,
        HasSnapshot = _hasSnapshot,
        Transitions = _transitions.Count,
        SawAccept = _sawAccept,
        SawMiniSocket = _mini != 0,
        SawItsEnd = _ending != default,
        SawWhatEndedIt = _ending == EventKind.MiniKilled,
    };

    private IEnumerable<string> Notes()
    {
        while (_source.TakeNote() is string note)
        {
            if (!note.StartsWith("snapshot:", StringComparison.Ordinal))
                yield return note;
        }
    }

    private static string Reason(SocketException e) => Errno.Describe(e.NativeErrorCode);
}

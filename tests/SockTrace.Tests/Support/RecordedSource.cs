using System.IO.Pipelines;
using SockTrace.Events;
using SockTrace.Pipeline;
using SockTrace.Tracking;

namespace SockTrace.Tests.Support;

/// <summary>The bytes that a ring once held, a few events at a time.</summary>
internal sealed class RecordedSource(byte[] ring, int eventsPerPoll) : IEventSource
{
    private readonly CancellationTokenSource _ended = new();
    private int _position;

    /// <summary>Cancelled when all of it has been read.</summary>
    public CancellationToken Ended => _ended.Token;

    public string Name => "recorded";

    public TimeWaitSight TimeWait => TimeWaitSight.Timers;

    public IEnumerable<string> Attached => [];

    public bool Poll(PipeWriter writer, TimeSpan timeout)
    {
        int length = Math.Min(eventsPerPoll * TcpEvent.Size, ring.Length - _position);
        ring.AsSpan(_position, length).CopyTo(writer.GetSpan(Math.Max(1, length)));
        writer.Advance(length);
        _position += length;
        if (_position == ring.Length)
            _ended.Cancel();
        return _position < ring.Length;
    }

    public void Resynchronise()
    {
    }

    public string? TakeNote() => null;

    public void Stop()
    {
    }

    public SourceLosses ReadLosses() => default;

    public void Dispose() => _ended.Dispose();
}

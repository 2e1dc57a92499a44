using System.Buffers;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using SockTrace.Events;
using SockTrace.Pipeline;

namespace SockTrace.Benchmarks;

/// <summary>From the pipe's bytes to columns. Naive: an object an event.</summary>
public class DecodeBench
{
    private const int Events = 10_000;

    private readonly EventDecoder _decoder = new();
    private readonly EventBatch _batch = new();
    private byte[] _bytes = [];

    [GlobalSetup]
    public void Setup() => _bytes = Workload.Bytes(Workload.ShortConnections(Events / Workload.EventsPerConnection));

    [Benchmark(OperationsPerInvoke = Events)]
    public int Columns()
    {
        var sequence = new ReadOnlySequence<byte>(_bytes);
        int count = 0;
        while (sequence.Length > 0)
        {
            _batch.Clear();
            sequence = sequence.Slice(_decoder.Decode(sequence, _batch));
            count += _batch.Count;
        }
        return count;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Events)]
    public int Objects()
    {
        var objects = new List<EventObject>();
        foreach (TcpEvent e in MemoryMarshal.Cast<byte, TcpEvent>(_bytes.AsSpan()))
            objects.Add(new EventObject(e));
        return objects.Count;
    }

    private sealed record EventObject(TcpEvent Event);
}

using System.Buffers;
using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Pipeline;
using SockTrace.Tests.Support;
using static SockTrace.Events.TcpState;

namespace SockTrace.Tests.Pipeline;

public sealed class EventDecoderTests
{
    [Fact]
    public void EventsCutAnywhereAreDecodedAlike()
    {
        byte[] bytes = ThreeEvents().Bytes.ToArray();
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var decoder = new EventDecoder();
            var batch = new EventBatch();
            ReadOnlySequence<byte> sequence = Segmented(bytes[..cut], bytes[cut..]);

            SequencePosition consumed = decoder.Decode(sequence, batch);

            Assert.Equal(3, batch.Count);
            Assert.Equal([1L, 2L, 3L], batch.TimesNs[..3]);
            Assert.Equal(0, sequence.Slice(consumed).Length);
        }
    }

    [Fact]
    public void AnEventWhoseEndIsMissingStaysInThePipe()
    {
        byte[] bytes = ThreeEvents().Bytes[..^1].ToArray();
        var batch = new EventBatch();
        var sequence = new ReadOnlySequence<byte>(bytes);

        SequencePosition consumed = new EventDecoder().Decode(sequence, batch);

        Assert.Equal(2, batch.Count);
        Assert.Equal(TcpEvent.Size - 1, sequence.Slice(consumed).Length);
    }

    [Fact]
    public void DecodingStopsWhereTheBatchIsFull()
    {
        var events = new TcpEvent[EventBatch.Capacity + 2];
        for (int i = 0; i < events.Length; i++)
            events[i] = EventSequence.Transition(i, 64, 1, Close, SynSent, 0, 0, 80);
        var sequence = new ReadOnlySequence<byte>(MemoryMarshal.AsBytes(events.AsSpan()).ToArray());
        var batch = new EventBatch();
        var decoder = new EventDecoder();

        SequencePosition consumed = decoder.Decode(sequence, batch);
        Assert.True(batch.IsFull);
        Assert.Equal(2 * TcpEvent.Size, sequence.Slice(consumed).Length);

        batch.Clear();
        decoder.Decode(sequence.Slice(consumed), batch);
        Assert.Equal([EventBatch.Capacity, EventBatch.Capacity + 1L], batch.TimesNs[..2]);
    }

    [Fact]
    public void AnEventThatIsNoneIsCountedAndLeftOut()
    {
        TcpEvent good = EventSequence.Transition(1, 64, 1, Close, SynSent, 0, 0, 80);
        TcpEvent noKind = good with { Kind = 0 };
        TcpEvent noState = good with { NewState = (TcpState)200 };
        TcpEvent noFamily = good with { Family = 0 };
        TcpEvent[] events = [noKind, good, noState, noFamily];
        var decoder = new EventDecoder();
        var batch = new EventBatch();

        decoder.Decode(new ReadOnlySequence<byte>(MemoryMarshal.AsBytes(events.AsSpan()).ToArray()), batch);

        Assert.Equal(1, batch.Count);
        Assert.Equal(3, decoder.Malformed);
    }

    private static EventSequence ThreeEvents() => new EventSequence()
        .FromClient(1, Close, SynSent).FromClient(2, SynSent, Established).FromClient(3, Established, Close);

    private static ReadOnlySequence<byte> Segmented(byte[] first, byte[] second)
    {
        var start = new Segment(first, 0);
        Segment end = start.Append(second);
        return new ReadOnlySequence<byte>(start, 0, end, second.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, long runningIndex)
        {
            Memory = bytes;
            RunningIndex = runningIndex;
        }

        public Segment Append(byte[] bytes)
        {
            var next = new Segment(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}

using SockTrace.Bpf;
using SockTrace.Events;

namespace SockTrace.Tests.Bpf;

public sealed unsafe class RingCallbackTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(TcpEvent.Size - 1)]
    [InlineData(TcpEvent.Size + 8)]
    public void ARecordOfAnotherSizeIsCountedAndNotGuessedAt(int size)
    {
        byte* memory = stackalloc byte[2 * TcpEvent.Size];
        byte* record = stackalloc byte[2 * TcpEvent.Size];
        var destination = new BpfSource.Destination { Cursor = memory, End = memory + (2 * TcpEvent.Size) };

        Assert.Equal(0, BpfSource.Receive(&destination, record, (nuint)size));

        Assert.Equal(1, destination.Malformed);
        Assert.True(destination.Cursor == memory);
    }

    [Fact]
    public void TheRecordThatFillsTheMemoryIsTakenAndStopsTheRing()
    {
        byte* memory = stackalloc byte[2 * TcpEvent.Size];
        var record = new TcpEvent { TimeNs = 42 };
        var destination = new BpfSource.Destination { Cursor = memory, End = memory + (2 * TcpEvent.Size) };

        Assert.Equal(0, BpfSource.Receive(&destination, &record, TcpEvent.Size));
        Assert.True(BpfSource.Receive(&destination, &record, TcpEvent.Size) < 0);

        Assert.Equal(42UL, ((TcpEvent*)memory)[1].TimeNs);
        Assert.Equal(0, destination.Malformed);
    }
}

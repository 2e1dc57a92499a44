using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Proc;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Proc;

/// <summary>What differences between looks at /proc/net/tcp are told as.</summary>
public sealed class ProcSourceTests : IDisposable
{
    private const uint Netns = 4026531840;
    private const string Heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

    private readonly TempFolder _folder = new();
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly ProcSource _source;

    public ProcSourceTests() => _source = new ProcSource(namespaces => namespaces[Netns] = _folder.Path);

    public void Dispose()
    {
        _source.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void ATimerThatIsSetAnewIsToldAndCounts()
    {
        Show(TimeWait(leftTicks: 20));
        TcpEvent armed = Next(EventKind.MiniArmed);

        Show(TimeWait(leftTicks: 6000));
        TcpEvent again = Next(EventKind.MiniArmed);
        Assert.Equal(armed.Sock, again.Sock);
        Assert.True(again.TimeNs > armed.TimeNs);

        // Its first time is up, its second is not.
        Show();
        Assert.Equal(armed.Sock, Next(EventKind.MiniGone).Sock);
    }

    [Fact]
    public void ATimerThatFiresLateIsNotSetAnew()
    {
        Show(TimeWait(leftTicks: 10));
        Next(EventKind.MiniArmed);
        Show(TimeWait(leftTicks: 0));
        Look();
        Look();
        Show();
        Next(EventKind.MiniExpired);
    }

    [Fact]
    public void OfOneNamespaceTheOthersAreNotLookedInto()
    {
        Show(TimeWait(leftTicks: 0));
        using var source = new ProcSource(namespaces =>
        {
            namespaces[Netns - 1] = _folder.File("no-such-folder");
            namespaces[Netns] = _folder.Path;
            namespaces[Netns + 1] = _folder.Path;
        }, only: Netns);
        for (int i = 0; i < 3; i++)
            source.Poll(_pipe.Writer, TimeSpan.FromSeconds(1));
        Assert.Null(source.TakeNote());
        Assert.Equal(TcpEvent.Size, _pipe.Writer.UnflushedBytes);
    }

    [Fact]
    public void ALineThatIsNotUnderstoodIsOneHoweverOftenItIsRead()
    {
        Show("gibberish", TimeWait(leftTicks: 6000));
        Next(EventKind.MiniArmed);
        for (int i = 0; i < 3; i++)
            Look();
        Assert.Equal(1, _source.ReadLosses().Malformed);
    }

    [Fact]
    public void ANamespaceThatCannotBeReadIsNamedOnceAndIsNoEnd()
    {
        Show(TimeWait(leftTicks: 6000));
        Next(EventKind.MiniArmed);
        File.Delete(_folder.File("tcp"));
        Eventually.Soon(() =>
        {
            Assert.False(TryNext(out _));
            return _source.TakeNote()?.StartsWith($"network namespace {Netns} is not seen: ", StringComparison.Ordinal) == true;
        });
        Look();
        Look();
        Assert.Null(_source.TakeNote());
    }

    [Fact]
    public void ALookAtManySocketsThatFindsNothingNewAllocatesNothingForThem()
    {
        const int Sockets = 20_000;
        Show([.. Enumerable.Range(0, Sockets).Select(i =>
            $"{i,4}: 0100007F:{i:X4} 0200007F:0CEA 01 00000000:00000000 00:00000000 00000000  1000        0 {i + 1000} 1 0000000000000000 20 4 30 10 -1")]);
        long events = 0;
        // Owners are looked for meanwhile; that is done when no socket is new.
        for (int quiet = 0; quiet < 3; quiet++)
        {
            long before = events;
            LookAndDrain();
            if (events != before)
                quiet = -1;
        }
        Assert.Equal(Sockets, events);

        long allocated = GC.GetAllocatedBytesForCurrentThread();
        LookAndDrain();
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.Equal(Sockets, events);
        Assert.InRange(allocated, 0, 16 * 1024);

        void LookAndDrain()
        {
            bool isMore;
            do
            {
                isMore = _source.Poll(_pipe.Writer, TimeSpan.FromSeconds(1));
                ValueTask<FlushResult> flush = _pipe.Writer.FlushAsync();
                Assert.True(flush.IsCompletedSuccessfully);
                if (!_pipe.Reader.TryRead(out ReadResult result))
                    continue;
                events += result.Buffer.Length / TcpEvent.Size;
                _pipe.Reader.AdvanceTo(result.Buffer.End);
            }
            while (isMore);
        }
    }

    /// <summary>The next event, which is of this kind.</summary>
    private TcpEvent Next(EventKind kind)
    {
        TcpEvent next = default;
        Eventually.Soon(() => TryNext(out next));
        Assert.Equal(kind, next.Kind);
        return next;
    }

    private bool TryNext(out TcpEvent next)
    {
        Look();
        next = default;
        if (!_pipe.Reader.TryRead(out ReadResult result))
            return false;
        bool isAny = result.Buffer.Length >= TcpEvent.Size;
        if (isAny)
        {
            result.Buffer.Slice(0, TcpEvent.Size).CopyTo(MemoryMarshal.AsBytes(new Span<TcpEvent>(ref next)));
            _pipe.Reader.AdvanceTo(result.Buffer.GetPosition(TcpEvent.Size));
        }
        else
        {
            _pipe.Reader.AdvanceTo(result.Buffer.Start);
        }
        return isAny;
    }

    private void Look()
    {
        _source.Poll(_pipe.Writer, TimeSpan.FromSeconds(1));
        ValueTask<FlushResult> flush = _pipe.Writer.FlushAsync();
        Assert.True(flush.IsCompletedSuccessfully);
    }

    /// <summary>What the next look finds.</summary>
    private void Show(params string[] lines)
    {
        File.WriteAllLines(_folder.File("new"), [Heading, .. lines]);
        File.Move(_folder.File("new"), _folder.File("tcp"), overwrite: true);
    }

    private static string TimeWait(int leftTicks) =>
        $"   7: 0100007F:8D2A 0100007F:0CEA 06 00000000:00000000 03:{leftTicks:X8} 00000000     0        0 0 3 0000000000000000";
}

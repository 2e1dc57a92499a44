using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using SockTrace.Output;
using Spectre.Console;

namespace SockTrace.Screen;

/// <summary>
/// The terminal as a full screen: frames go out on a thread of their own, keys come in on another.
/// However the process ends, the terminal is as it was before: see <see cref="TerminalGuard"/>.
/// </summary>
internal sealed unsafe partial class TerminalScreen : IDisposable
{
    /// <summary>How long a terminal that is stopped (Ctrl-S) or slow is waited for at the end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly AnsiCapabilities _capabilities;
    private readonly FrameEncoder _encoder;
    private readonly Action _quit;
    private readonly OutputFile _output = OutputFile.StandardOutput();
    private readonly TerminalGuard _guard;
    private readonly TerminalSettings _settings = new();
    private readonly BlockingCollection<byte[]> _frames = [];
    private readonly ConcurrentQueue<ConsoleKeyInfo> _keys = new();
    private readonly ConcurrentQueue<string> _messages = new();
    private readonly SemaphoreSlim _keyCame = new(0);
    private readonly Thread _writer;
    private readonly PosixSignalRegistration[] _signals;
    private Canvas? _shown;
    private volatile bool _hasChanged;
    private volatile bool _isBusy;
    private bool _isSuspended;
    private volatile bool _isClosed;

    private TerminalScreen(AnsiCapabilities capabilities, bool isAscii, Action quit)
    {
        _quit = quit;
        _capabilities = capabilities;
        _encoder = new FrameEncoder(capabilities, isAscii);
        _guard = new TerminalGuard(Leaving());
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => _hasChanged = true),
            PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Suspend),
            PosixSignalRegistration.Create(PosixSignal.SIGCONT, Resume),
        ];
        _writer = new Thread(WriteFrames) { Name = "screen writer", IsBackground = true };
        _writer.Start();
        new Thread(ReadKeys) { Name = "keys", IsBackground = true }.Start();
        Post(Entering());
    }

    /// <summary>Opens the full screen.</summary>
    /// <param name="isAscii">It shows nothing else.</param>
    /// <param name="quit">Called where the terminal has gone; on another thread.</param>
    /// <returns>Null where there is no terminal to show it, or to type into: lines go anywhere.</returns>
    public static TerminalScreen? TryOpen(bool isAscii, Action quit)
    {
        if (Console.IsOutputRedirected || Console.IsInputRedirected)
            return null;
        var capabilities = AnsiCapabilities.Create(Console.Out);
        capabilities.ColorSystem = Theme.ColoursOf(
            Environment.GetEnvironmentVariable("NO_COLOR"), Environment.GetEnvironmentVariable("COLORTERM"), Environment.GetEnvironmentVariable("TERM"));
        return capabilities.Ansi && capabilities.AlternateBuffer ? new TerminalScreen(capabilities, isAscii, quit) : null;
    }

    /// <summary>Columns and lines.</summary>
    public static (int Width, int Height) Size
    {
        get
        {
            WindowSize size;
            // A terminal that does not tell, as on a serial line, is taken for the smallest.
            return ioctl(1, TiocGWinSz, &size) == 0 && size is { Columns: > 0, Lines: > 0 } ? (size.Columns, size.Lines) : (80, 24);
        }
    }

    /// <summary>Whether its size is another, or it has lost what it showed, since the last <see cref="Show"/>.</summary>
    public bool HasChanged => _hasChanged;

    /// <summary>Whether all of the last frame has been sent.</summary>
    public bool IsReady => !_isBusy;

    /// <summary>Sends what differs. Only while <see cref="IsReady"/>.</summary>
    public void Show(Canvas canvas)
    {
        if (_hasChanged)
            _shown = null;
        _hasChanged = false;
        byte[] frame = _encoder.Encode(_shown, canvas);
        if (_shown?.Width != canvas.Width || _shown.Height != canvas.Height)
            _shown = new Canvas(canvas.Width, canvas.Height);
        canvas.CopyTo(_shown);
        if (frame.Length > 0)
            Post(frame);
    }

    public bool TryTakeKey(out ConsoleKeyInfo key) => _keys.TryDequeue(out key);

    /// <summary>What would have been said on standard error.</summary>
    public bool TryTakeMessage(out string message)
    {
        bool isOne = _messages.TryDequeue(out string? taken);
        message = taken ?? "";
        return isOne;
    }

    /// <summary>Something to be said while it is up; on any thread.</summary>
    public void Say(string message) => _messages.Enqueue(message);

    public void WaitForKey(TimeSpan timeout, CancellationToken stop)
    {
        WaitHandle.WaitAny([_keyCame.AvailableWaitHandle, stop.WaitHandle], timeout);
        while (_keyCame.Wait(0, CancellationToken.None))
        {
        }
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        _frames.CompleteAdding();
        // One that does not read is left to the guard.
        if (!_writer.Join(Patience))
            return;
        lock (_output)
        {
            Write(Leaving());
            _isClosed = true;
        }
        _guard.Dismiss();
        _frames.Dispose();
        _output.Dispose();
    }

    private byte[] Entering() => Encode(writer => writer.EnterAltScreen().HideCursor());

    private byte[] Leaving() => Encode(writer => writer.ResetStyle().ShowCursor().ExitAltScreen());

    private byte[] Encode(Action<AnsiWriter> write)
    {
        var text = new StringWriter();
        write(new AnsiWriter(text, _capabilities));
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Post(byte[] frame)
    {
        _isBusy = true;
        _frames.Add(frame);
    }

    private void WriteFrames()
    {
        foreach (byte[] frame in _frames.GetConsumingEnumerable())
        {
            Write(frame);
            _isBusy = _frames.Count > 0;
        }
    }

    /// <summary>A terminal that is gone sends SIGHUP, which ends the run: nothing is to be done here.</summary>
    private void Write(byte[] bytes)
    {
        lock (_output)
        {
            if (!_isSuspended)
                _output.Write(bytes, cutsAtLines: false, out _);
        }
    }

    private void ReadKeys()
    {
        try
        {
            while (true)
            {
                _keys.Enqueue(Console.ReadKey(intercept: true));
                _keyCame.Release();
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            // The terminal has gone, or is no more ours.
            Say($"no more keys: {e.Message}");
            if (!_isClosed)
                _quit();
        }
    }

    /// <summary>Ctrl-Z: the shell gets its screen back.</summary>
    private void Suspend(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!JobControl.CanContinueUs)
            return;
        lock (_output)
        {
            if (_isClosed)
                return;
            Write(Leaving());
            _isSuspended = true;
        }
        _settings.GiveBack();
        // It cannot fail: the process is our own.
        _ = kill(Environment.ProcessId, SigStop);
    }

    private void Resume(PosixSignalContext context)
    {
        // Also to be ended in the background: that screen is the shell's.
        if (!JobControl.IsInFront)
            return;
        _settings.TakeAgain();
        lock (_output)
        {
            if (_isClosed)
                return;
            _isSuspended = false;
            Write(Entering());
        }
        _hasChanged = true;
    }

    // asm-generic/ioctls.h, asm-generic/signal.h
    private const int TiocGWinSz = 0x5413, SigStop = 19;

    [LibraryImport("libc")]
    private static partial int ioctl(int fd, nuint request, WindowSize* size);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    /// <summary>struct winsize, ioctl_tty(2).</summary>
    private struct WindowSize
    {
        public ushort Lines;
        public ushort Columns;
        public ushort PixelWidth;
        public ushort PixelHeight;
    }
}

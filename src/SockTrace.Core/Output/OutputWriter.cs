using System.Diagnostics;
using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Output;

/// <summary>
/// The thread that writes: takes whole lines from the queue, compresses them where the file's
/// name says so, and puts them into the file with one write. While a disk is full it tries
/// again every second; what the queue cannot hold meanwhile is dropped there, and counted. For a
/// queue that drops nothing there is no other attempt: who waits for room would wait for ever.
/// </summary>
internal sealed class OutputWriter : IDisposable
{
    /// <summary>How late a reader's end, a rotation by time or a SIGHUP may be noticed.</summary>
    private static readonly TimeSpan LookAround = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Small frames compress badly: in quiet times there is one a second.</summary>
    private static readonly TimeSpan FrameInterval = TimeSpan.FromSeconds(1);

    private readonly Action<string> _say;
    private readonly Rotation? _rotation;
    private readonly FrameCompressor? _compressor;
    private readonly Thread _thread;

    private OutputFile _file;
    private long _fileBegan = Stopwatch.GetTimestamp();
    private bool _isFirstFile = true;
    private bool _isNextFileAsked;
    private long _abandoned;
    private volatile bool _isNextFileWanted, _isReopenWanted, _hasReaderGone, _hasGivenUp;

    /// <param name="file">Owned from here on.</param>
    /// <param name="say">Where a failure, and its end, is told.</param>
    /// <param name="rotation">Null for one file.</param>
    /// <param name="queue">Null for one of the usual size.</param>
    public OutputWriter(OutputFile file, Action<string> say, Rotation? rotation = null, OutputQueue? queue = null)
    {
        _file = file;
        _say = say;
        _rotation = rotation;
        Compression compression = file.Path is null ? Compression.None : FrameCompressor.Of(file.Path);
        _compressor = compression == Compression.None ? null : new FrameCompressor(compression);
        Queue = queue ?? new OutputQueue(_compressor is null ? TimeSpan.Zero : FrameInterval);
        _thread = new Thread(Run) { Name = "writer", IsBackground = true };
        _thread.Start();
    }

    public OutputQueue Queue { get; }

    /// <summary>Final once this is disposed.</summary>
    public SinkLosses Losses => new(Queue.Dropped + _abandoned, Queue.DroppedByFailure + _abandoned);

    /// <summary>Opens the file that a path names, for <see cref="Rotation"/> or without.</summary>
    /// <exception cref="OutputException">It exists, or cannot be created or put aside.</exception>
    public static OutputWriter Open(string path, bool force, Rotation? rotation, Action<string> say)
    {
        if (rotation is not null && File.Exists(path) && !FileSystem.IsSpecial(path))
            PutAside(path, rotation);
        return new OutputWriter(OutputFile.Create(path, force), say, rotation);
    }

    /// <summary>Asks for the file to be opened anew if it was moved away or deleted.</summary>
    public void ReopenIfMoved() => _isReopenWanted = true;

    /// <summary>
    /// Whether the file shall end here: once, and then the queue gets its last lines, and the
    /// first of the next file.
    /// </summary>
    public bool TakeNextFileRequest()
    {
        bool isWanted = _isNextFileWanted;
        if (isWanted)
            _isNextFileWanted = false;
        return isWanted;
    }

    /// <exception cref="OutputException">Whoever read it has gone; or it failed, which has been said, and nothing may be dropped.</exception>
    public void ThrowIfItIsOver()
    {
        bool hasGivenUp = _hasGivenUp;
        if (_hasReaderGone)
            throw new OutputException(_file.Name, "write to", Errno.Text(Errno.EPIPE), isClosedPipe: true);
        if (hasGivenUp && Queue.Waits)
            throw new OutputException(_file.Name, "write to", "it has failed", isClosedPipe: false);
    }

    /// <summary>Waits until all that was queued is written, and closes the file.</summary>
    public void Dispose()
    {
        Queue.Complete();
        _thread.Join();
        _compressor?.Dispose();
        _file.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            bool isComplete = Queue.IsComplete;
            if (Queue.Take(LookAround) is { } chunk)
            {
                if (chunk.BeginsFile && !_isFirstFile)
                    BeginNextFile();
                _isFirstFile = false;
                Write(chunk.Lines);
                Queue.Return(chunk);
            }
            else if (isComplete)
            {
                return;
            }
            else if (!_hasGivenUp && _file.HasReaderGone())
            {
                GiveUp(isClosedPipe: true);
            }
            AskForNextFile();
        }
    }

    private void Write(ReadOnlySpan<byte> lines)
    {
        ReadOnlySpan<byte> left = _compressor is null ? lines : _compressor.Compress(lines);
        while (!left.IsEmpty && !_hasGivenUp)
        {
            bool isLastAttempt = Queue.IsComplete;
            left = left[_file.Write(left, cutsAtLines: _compressor is null, out int errno)..];
            if (errno == 0)
                Succeeded();
            else if (errno == Errno.EPIPE)
                GiveUp(isClosedPipe: true);
            else
                Failed($"cannot write to {_file.Name}: {Errno.Text(errno)}", isLastAttempt);
        }
        if (!left.IsEmpty && !_hasReaderGone)
            _abandoned += (_compressor is null ? left : lines).Count((byte)'\n');
    }

    /// <summary>Puts the file aside, unless somebody did, and begins the one that now has its name.</summary>
    private void BeginNextFile()
    {
        bool isDone = false;
        while (!isDone && !_hasGivenUp)
        {
            bool isLastAttempt = Queue.IsComplete;
            try
            {
                if (_file.IsInPlace)
                    PutAside(_file.Path!, _rotation);
                OutputFile next = OutputFile.CreateOrAppend(_file.Path!);
                _file.Dispose();
                _file = next;
                _fileBegan = Stopwatch.GetTimestamp();
                isDone = true;
            }
            catch (OutputException e)
            {
                Failed(e.Message, isLastAttempt);
            }
        }
        _isNextFileAsked = false;
    }

    private static void PutAside(string path, Rotation? rotation)
    {
        var files = new RotatedFiles(path);
        files.PutAside();
        if (rotation?.Keep is int keep)
            files.DeleteAllBut(keep);
    }

    private void AskForNextFile()
    {
        if (_isNextFileAsked || !_file.IsOurs)
            return;
        bool isDue = _rotation is not null && _rotation.IsDue(_file.Length, Stopwatch.GetElapsedTime(_fileBegan));
        if (_isReopenWanted)
        {
            _isReopenWanted = false;
            isDue |= !_file.IsInPlace;
        }
        if (isDue)
            _isNextFileWanted = _isNextFileAsked = true;
    }

    private void Succeeded()
    {
        if (!Queue.IsFailing)
            return;
        Queue.IsFailing = false;
        _say($"can write to {_file.Name} again");
    }

    /// <summary>Says it once, and waits until it is worth another attempt.</summary>
    private void Failed(string message, bool isLastAttempt)
    {
        if (!Queue.IsFailing)
            _say(message);
        Queue.IsFailing = true;
        if (isLastAttempt || Queue.Waits)
            GiveUp(isClosedPipe: false);
        else
            Queue.WaitForCompletion(RetryInterval);
    }

    /// <summary>Nothing more is written; what still comes is counted, unless nobody wants it.</summary>
    private void GiveUp(bool isClosedPipe)
    {
        _hasReaderGone |= isClosedPipe; // before it is seen that nothing more is written
        _hasGivenUp = true;
    }
}

using System.IO.Compression;
using ZstdSharp;

namespace SockTrace.Reading;

/// <summary>
/// The records of one file, in order. What is wrong with a line is told to the caller and
/// counted, and the next line is read: a trace with a damaged part is still a trace.
/// </summary>
internal sealed class TraceFile : IDisposable
{
    /// <summary>What standard input is called, on the command line and in reports.</summary>
    public const string StandardInput = "-";

    private readonly LineReader _lines;
    private readonly FastRecordReader _fast = new();
    private readonly JsonRecordReader _json = new();
    private readonly Action<TraceFault> _onFault;
    private bool _isOver;

    /// <param name="name">As the user gave it; of standard input <see cref="StandardInput"/>.</param>
    /// <param name="onFault">Called for each fault, as it is met.</param>
    /// <param name="path">Where it is to be read; null for what the user gave.</param>
    /// <exception cref="TraceException">It cannot be opened.</exception>
    public TraceFile(string name, Action<TraceFault> onFault, string? path = null)
    {
        Name = name;
        _onFault = onFault;
        _lines = new LineReader(Open(path ?? name));
    }

    /// <summary>U+FEFF, which some editors put before a text.</summary>
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>As the user gave it.</summary>
    public string Name { get; }

    /// <summary>For people.</summary>
    public string ShownName => Show(Name);

    /// <summary>Records read so far, of types that are known.</summary>
    public long Records { get; private set; }

    /// <summary>The record that <see cref="TryRead"/> has read.</summary>
    public TraceRecord Record { get; } = new();

    /// <summary>Lines read so far.</summary>
    public long Lines => _lines.Number;

    /// <summary>Lines that were no record.</summary>
    public long Malformed { get; private set; }

    /// <summary>Whether the file ends within a line, or within its compression.</summary>
    public bool IsTorn { get; private set; }

    /// <returns>False after the last record.</returns>
    /// <exception cref="TraceException">It cannot be read on.</exception>
    public bool TryRead()
    {
        while (!_isOver && TryReadLine(out ReadOnlySpan<byte> line))
        {
            if (Lines == 1 && line.StartsWith(ByteOrderMark))
                line = line[ByteOrderMark.Length..];
            if (line is [.., (byte)'\r'])
                line = line[..^1];
            if (line.IsEmpty)
                continue;
            string? fault = _lines.IsTooLong ? $"longer than {LineReader.MaxLine >> 20} MiB"
                : _fast.TryRead(line, Record) ? null : _json.Read(line, Record);
            if (fault is null)
            {
                if (Record.Type != RecordType.Unknown)
                    Records++;
                return true;
            }
            if (_lines.IsTorn)
            {
                IsTorn = true;
                _onFault(new TraceFault(ShownName, Lines, "the last line has no end: it was cut off, or is being written", IsTorn: true));
                return false;
            }
            Malformed++;
            _onFault(new TraceFault(ShownName, Lines, fault));
        }
        return false;
    }

    public void Dispose() => _lines.Dispose();

    /// <summary>A file's name, for people.</summary>
    public static string Show(string name) => name == StandardInput ? "standard input" : name;

    private bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        try
        {
            return _lines.TryRead(out line);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ZstdException)
        {
            // What is left in the decompressor's own buffers is no whole block.
            _isOver = IsTorn = true;
            _onFault(new TraceFault(ShownName, Lines + 1, "the compressed data end here: they were cut off, or are damaged", IsTorn: true));
        }
        catch (IOException e)
        {
            throw new TraceException(Name, "read", e.Message);
        }
        line = default;
        return false;
    }

    private static Stream Open(string name)
    {
        try
        {
            Stream file = name == StandardInput
                ? Console.OpenStandardInput()
                : new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return Decompress(new PeekableStream(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TraceException(name, "open", WhyNot(e, name));
        }
    }

    /// <summary>By what the file begins with: names lie.</summary>
    private static Stream Decompress(PeekableStream file) => file.Peek() switch
    {
        [0x1F, 0x8B, ..] => new GZipStream(file, CompressionMode.Decompress),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => new DecompressionStream(file, leaveOpen: false),
        _ => file,
    };

    private static string WhyNot(Exception e, string name) => e switch
    {
        _ when Directory.Exists(name) => "it is a folder",
        FileNotFoundException or DirectoryNotFoundException => "no such file",
        UnauthorizedAccessException => "permission denied",
        _ => e.Message,
    };
}

using System.Text;
using SockTrace.Reading;

namespace SockTrace.Tests.Support;

/// <summary>A file read to its end by the program's own reader, with all that it said.</summary>
internal sealed class ReadTrace
{
    public List<string> Records { get; } = [];
    public List<TraceFault> Faults { get; } = [];
    public long Lines { get; private set; }
    public long Malformed { get; private set; }
    public bool IsTorn { get; private set; }

    public static ReadTrace Of(string path)
    {
        var read = new ReadTrace();
        using var file = new TraceFile(path, read.Faults.Add);
        while (file.TryRead())
            read.Records.Add(RecordText.Of(file.Record));
        Assert.False(file.TryRead());
        (read.Lines, read.Malformed, read.IsTorn) = (file.Lines, file.Malformed, file.IsTorn);
        return read;
    }

    public static ReadTrace Of(byte[] content)
    {
        using var folder = new TempFolder();
        string path = folder.File("trace");
        File.WriteAllBytes(path, content);
        return Of(path);
    }

    public static ReadTrace OfText(string content) => Of(Encoding.UTF8.GetBytes(content));
}

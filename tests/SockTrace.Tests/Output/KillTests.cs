using System.Diagnostics;
using System.Text.Json;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Output;

/// <summary>What kill -9 in the midst of writing leaves behind.</summary>
public sealed class KillTests : IDisposable
{
    private const int Kills = 1000;

    private static readonly string[] Endings = ["", ".gz", ".zst"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFileWhoseWriterIsKilledIsReadableUpToItsLastWholeLine()
    {
        var random = new Random(20261123);
        int withRecords = 0;
        for (int i = 0; i < Kills; i++)
        {
            string path = _folder.File($"{i}.ndjson{Endings[i % Endings.Length]}");
            KillInMidWrite(path, TimeSpan.FromMicroseconds(random.Next(2_500)));
            if (RecordsWithoutGap(path) > 0)
                withRecords++;
            File.Delete(path);
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"{Kills} killed, {withRecords} of them with records in the file");
        Assert.InRange(withRecords, Kills / 2, Kills);
    }

    /// <summary>Kills the writer so long after its file has a first byte.</summary>
    private static void KillInMidWrite(string path, TimeSpan delay)
    {
        using var writer = Process.Start(Paths.WriteUntilKilled, [path]);
        Eventually.Soon(() => new FileInfo(path) is { Exists: true, Length: > 0 });
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < delay)
            Thread.SpinWait(20);
        writer.Kill();
        writer.WaitForExit();
        Assert.Equal(128 + 9, writer.ExitCode);
    }

    /// <summary>Fails unless every whole line is a record, and every number is there or counted as lost.</summary>
    /// <returns>How many `state` records there are.</returns>
    private static long RecordsWithoutGap(string path)
    {
        long next = 1, states = 0;
        bool isFirst = true;
        foreach (string line in FileLines.WholeLines(path))
        {
            using var record = JsonDocument.Parse(line);
            string type = record.RootElement.Text("type")!;
            Assert.Equal(isFirst, type == "header");
            isFirst = false;
            if (type == "state")
            {
                Assert.Equal(next++, record.RootElement.Number("seq"));
                states++;
            }
            else if (type == "lost")
            {
                next += record.RootElement.Number("count")!.Value;
            }
        }
        return states;
    }
}

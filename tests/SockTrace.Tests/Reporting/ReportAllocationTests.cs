using System.Text;
using SockTrace.Reading;
using SockTrace.Reporting;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reporting;

public sealed class ReportAllocationTests
{
    private const int Connections = 23_000;

    [Fact]
    public void SteadyStateOfAReportAllocatesNothing()
    {
        using var folder = new TempFolder();
        string path = folder.File("trace");
        var text = new StringBuilder(new TraceText().Header().ToString());
        for (int i = 0; i < Connections; i++)
            text.Append(Connection(i));
        File.WriteAllText(path, text.ToString());

        var builder = new ReportBuilder(GroupBy.Destination, GroupBy.Process, GroupBy.Netns, GroupBy.Host);
        using var file = new TraceFile(path, fault => Assert.Fail(fault.ToString()));
        builder.Add(file);
        Assert.Equal(Connections * 5 + 1, file.Records);

        // A second pass finds all names, groups, pages and connections there; what remains is the header's.
        using var again = new TraceFile(path, fault => Assert.Fail(fault.ToString()));
        long before = GC.GetAllocatedBytesForCurrentThread();
        builder.Add(again);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 0, 16 * 1024);
    }

    /// <summary>Five lines: opened, established, closed, its summary, and its TIME_WAIT.</summary>
    private static string Connection(int i) => new TraceText()
        .State(1 + (i / 1000.0), Id(i), "CLOSE", "SYN_SENT", lport: 0, raddr: $"10.0.0.{i % 10}")
        .State(1 + (i / 1000.0), Id(i), "SYN_SENT", "ESTABLISHED", lport: 32768 + i, raddr: $"10.0.0.{i % 10}")
        .State(1 + (i / 1000.0), Id(i), "ESTABLISHED", "CLOSE", lport: 32768 + i, raddr: $"10.0.0.{i % 10}")
        .Conn(1 + (i / 1000.0), Id(i), lport: 32768 + i, raddr: $"10.0.0.{i % 10}", connectNs: 50_000 + (i % 10), establishedNs: 1_000_000 + (i % 10))
        .TimeWait(1 + (i / 1000.0), Id(i), lport: 32768 + i, raddr: $"10.0.0.{i % 10}").ToString();

    private static string Id(int i) => (i + 16).ToString("x", System.Globalization.CultureInfo.InvariantCulture);
}

using SockTrace.Tests.Support;

namespace SockTrace.Tests.Live;

/// <summary>What the binary says to bad input, before it does anything.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--port 70000", "--port 70000: not a port number from 1 to 65535")]
    [InlineData("--port 0", "--port 0: not a port number from 1 to 65535")]
    [InlineData("--port -1", "--port -1: not a port number from 1 to 65535")]
    [InlineData("--lport http", "--lport http: not a port number from 1 to 65535")]
    [InlineData("--host 10.0.0.0/40", "--host 10.0.0.0/40: the prefix length '40' is not a number from 0 to 32")]
    [InlineData("--host localhost", "--host localhost: 'localhost' is not an IPv4 or IPv6 address")]
    [InlineData("--duration -1", "--duration -1: not a time above 0 and up to 10000h")]
    [InlineData("--duration 0s", "--duration 0s: not a time above 0 and up to 10000h")]
    [InlineData("--duration 1e9s", "--duration 1e9s: not a time above 0 and up to 10000h")]
    [InlineData("--min-lifetime soon", "--min-lifetime soon: not a time above 0")]
    [InlineData("--family 5", "--family 5: not 4 or 6")]
    [InlineData("--source ebpf", "--source ebpf: not auto, bpf or proc")]
    [InlineData("--pid 0", "--pid 0: not a process id from 1 to 4194304")]
    [InlineData("--buffer 1KiB", "--buffer 1KiB: not a size from 64KiB to 2GiB")]
    [InlineData("--buffer 3GiB", "--buffer 3GiB: not a size from 64KiB to 2GiB")]
    [InlineData("--max-connections 0", "--max-connections 0: not a number from 1 to 16777216")]
    [InlineData("--netns no-such-netns", "--netns no-such-netns: no network namespace at /run/netns/no-such-netns")]
    [InlineData("--netns 5", "--netns 5: no network namespace at /run/netns/5; expected an inode number such as 4026531840, a path, pid:N,")]
    [InlineData("--stats-interval 100ms", "--stats-interval 100ms: not a time from 1s to 10000h, such as 10s")]
    [InlineData("--source proc --buffer 1MiB", "--buffer 1MiB: source proc has no ring buffer")]
    [InlineData("--force", "--force: needs --export FILE")]
    [InlineData("--netns pid:0", "--netns pid:0: no network namespace at /proc/0/ns/net")]
    [InlineData("--cgroup /no/such/folder", "--cgroup /no/such/folder: not a cgroup's id")]
    [InlineData("--cgroup /tmp", "--cgroup /tmp: not a cgroup's id")]
    [InlineData("--netns /etc/passwd", "--netns /etc/passwd: /etc/passwd is no network namespace")]
    [InlineData("--netns /proc/self/ns/mnt", "--netns /proc/self/ns/mnt: /proc/self/ns/mnt is no network namespace")]
    [InlineData("--export /tmp/t --rotate 100", "--rotate 100: not a size of at least 64KiB, such as 100MiB, or a time from 1s to 10000h, such as 1h")]
    [InlineData("--export /tmp/t --rotate 1KiB", "--rotate 1KiB: not a size of at least 64KiB")]
    [InlineData("--export /tmp/t --rotate 10ms", "--rotate 10ms: not a size of at least 64KiB, such as 100MiB, or a time from 1s")]
    [InlineData("--export /tmp/t --rotate daily", "--rotate daily: not a size")]
    [InlineData("--export /tmp/t --rotate 9999999999GiB", "--rotate 9999999999GiB: not a size")]
    [InlineData("--export /tmp/t --rotate 1h --keep 0", "--keep 0: not a number from 1 to 1000000")]
    [InlineData("--export /tmp/t --keep 3", "--keep: needs --rotate")]
    [InlineData("--rotate 1h", "--rotate: needs --export FILE")]
    [InlineData("--export /dev/null --rotate 1h", "--rotate: --export /dev/null is no file that could be put aside")]
    [InlineData("--export=", "--export: needs a value")]
    [InlineData("--no-such-option", "'--no-such-option': no such option; --help shows what there is")]
    [InlineData("--prot 3306", "'--prot': no such option; did you mean --port?")]
    [InlineData("--minlifetime 1s", "'--minlifetime': no such option; did you mean --min-lifetime?")]
    [InlineData("trace.ndjson", "'trace.ndjson': one thing too many for live; --help shows what there is")]
    [InlineData("--port", "--port: needs a value")]
    [InlineData("--port 80 --port 81", "--port 81: --port is 80 already; give it once")]
    [InlineData("--host 10.0.0.1 --duration 1s --host 10.0.0.2", "--host 10.0.0.2: --host is 10.0.0.1 already; give it once")]
    [InlineData("--family 4 --family 6", "--family 6: --family is 4 already; give it once")]
    [InlineData("--max-connections 5 --max-connections many", "--max-connections many: --max-connections is 5 already; give it once")]
    [InlineData("--port --duration 1s", "--port: needs a value")]
    public void AValueThatIsNoneIsQuotedWithWhatWouldBeRight(string arguments, string expected)
    {
        (int exitCode, string output, string[] errors) =
            SocktraceProcess.RunToEnd(["live", .. arguments.Split(' ')]);

        Assert.Equal(2, exitCode);
        Assert.Equal("", output);
        Assert.Contains(expected, Assert.Single(errors), StringComparison.Ordinal);
        Assert.StartsWith("socktrace: ", errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void RecordWantsToKnowWhereTo()
    {
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("record");
        Assert.Equal(2, exitCode);
        Assert.Equal("socktrace: record: needs --output FILE; record --help shows how", Assert.Single(errors));
    }

    [Fact]
    public void ReportWantsToKnowOfWhat()
    {
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("report", "--format", "json");
        Assert.Equal(2, exitCode);
        Assert.Equal("socktrace: report: needs FILE; report --help shows how", Assert.Single(errors));
    }

    [Theory]
    [InlineData("record -o - --force", "--force: --output - is no file that could be overwritten")]
    [InlineData("report trace --force", "--force: needs --output FILE")]
    [InlineData("doctor --measure-timewait -v", "--verbose: --measure-timewait attaches nothing that it could name; leave one of the two out")]
    public void AnOptionThatWouldDoNothingIsRefused(string arguments, string expected)
    {
        (int exitCode, string output, string[] errors) = SocktraceProcess.RunToEnd(arguments.Split(' '));
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Equal($"socktrace: {expected}", Assert.Single(errors));
    }

    [Fact]
    public void StandardOutputCannotBePutAside()
    {
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd("record", "-o", "-", "--rotate", "1h");
        Assert.Equal(2, exitCode);
        Assert.Equal("socktrace: --rotate: --output - is no file that could be put aside", Assert.Single(errors));
    }

    [Fact]
    public void NoVerbAtAllIsAnError()
    {
        (int exitCode, _, string[] errors) = SocktraceProcess.RunToEnd();
        Assert.Equal(2, exitCode);
        Assert.StartsWith("socktrace: say what to do: live, record, ", Assert.Single(errors), StringComparison.Ordinal);
        Assert.EndsWith("; --help shows more", errors[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("explode", "'explode': no such verb; --help shows what there is")]
    [InlineData("liev", "'liev': no such verb; did you mean live?")]
    [InlineData("rerecord -o x", "'rerecord': no such verb; did you mean record?")]
    [InlineData("help liev", "'liev': no such verb; did you mean live?")]
    [InlineData("liev --help", "'liev': no such verb; did you mean live?")]
    public void AVerbThatDoesNotExistIsAnError(string arguments, string expected)
    {
        (int exitCode, string output, string[] errors) = SocktraceProcess.RunToEnd(arguments.Split(' '));
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Equal($"socktrace: {expected}", Assert.Single(errors));
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace SockTrace.Tests.Support;

/// <summary>A socket as ss(8) shows it.</summary>
internal sealed record SsSocket(string State, IPEndPoint Local, IPEndPoint Remote, bool IsMini)
{
    /// <summary>What <c>ss -tano</c> says, on the calling thread and so in its network namespace.</summary>
    public static List<SsSocket> All()
    {
        using Process ss = Process.Start(new ProcessStartInfo("ss", ["-tanoH"]) { RedirectStandardOutput = true })!;
        string output = ss.StandardOutput.ReadToEnd();
        ss.WaitForExit();
        Assert.Equal(0, ss.ExitCode);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    /// <summary>State, two queues, both ends, and perhaps a timer.</summary>
    private static SsSocket Parse(string line)
    {
        string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new SsSocket(fields[0], EndOf(fields[3]), EndOf(fields[4]), line.Contains("timer:(timewait,", StringComparison.Ordinal));
    }

    private static IPEndPoint EndOf(string text)
    {
        int colon = text.LastIndexOf(':');
        string address = text[..colon].Trim('[', ']');
        IPAddress ip = address == "*" ? IPAddress.IPv6Any : IPAddress.Parse(address);
        return new IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip,
            text[(colon + 1)..] == "*" ? 0 : int.Parse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }
}

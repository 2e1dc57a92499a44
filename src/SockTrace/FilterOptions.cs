using System.CommandLine;
using SockTrace.Events;
using SockTrace.Filters;

namespace SockTrace;

/// <summary>The options that say which connections are meant.</summary>
internal sealed class FilterOptions
{
    private readonly Option<ushort?> _port = new("--port")
    {
        Description = "Only connections with this port at either end",
        HelpName = "PORT",
        CustomParser = OptionParsers.Port,
    };

    private readonly Option<ushort?> _lport = new("--lport")
    {
        Description = "Only connections with this local port",
        HelpName = "PORT",
        CustomParser = OptionParsers.Port,
    };

    private readonly Option<ushort?> _rport = new("--rport")
    {
        Description = "Only connections with this remote port",
        HelpName = "PORT",
        CustomParser = OptionParsers.Port,
    };

    private readonly Option<CidrPrefix?> _host = new("--host")
    {
        Description = "Only connections with an address in this prefix at either end, such as 10.0.0.0/8",
        HelpName = "CIDR",
        CustomParser = OptionParsers.Host,
    };

    private readonly Option<uint?> _pid = new("--pid")
    {
        Description = "Only connections of this process",
        HelpName = "PID",
        CustomParser = OptionParsers.Pid,
    };

    private readonly Option<CommGlob?> _comm = new("--comm")
    {
        Description = "Only connections of processes with this name; * and ? match anything",
        HelpName = "GLOB",
        CustomParser = OptionParsers.Comm,
    };

    private readonly Option<uint?> _netns = new("--netns")
    {
        Description = "Only this network namespace: an inode, a path, pid:N, or a name of ip netns",
        HelpName = "NETNS",
        CustomParser = OptionParsers.Netns,
    };

    private readonly Option<ulong?> _cgroup = new("--cgroup")
    {
        Description = "Only connections of this cgroup (v2): its id, or its folder's path",
        HelpName = "CGROUP",
        CustomParser = OptionParsers.Cgroup,
    };

    private readonly Option<IpFamily?> _family =
        WordOption.One<IpFamily?>("--family", "Only IPv4 or IPv6 sockets", ("4", IpFamily.IPv4), ("6", IpFamily.IPv6));

    private readonly Option<TimeSpan?> _minLifetime = new("--min-lifetime")
    {
        Description = "Only connections that have lived at least this long, such as 10ms",
        HelpName = "TIME",
        CustomParser = OptionParsers.Duration,
    };

    private Option[] All => [_port, _lport, _rport, _host, _pid, _comm, _netns, _cgroup, _family, _minLifetime];

    public void AddTo(Verb verb) => verb.Add(new OptionGroup("Filters", All));

    public TraceFilter Read(ParseResult parsed) => new()
    {
        Port = parsed.GetValue(_port),
        Lport = parsed.GetValue(_lport),
        Rport = parsed.GetValue(_rport),
        Host = parsed.GetValue(_host),
        Pid = parsed.GetValue(_pid),
        Comm = parsed.GetValue(_comm),
        Netns = parsed.GetValue(_netns),
        Cgroup = parsed.GetValue(_cgroup),
        Family = parsed.GetValue(_family),
        MinLifetime = parsed.GetValue(_minLifetime),
    };

    /// <summary>The network namespace, where it was given by its number: whether there is one nobody has looked yet.</summary>
    public uint? NetnsNumber(ParseResult parsed) => IsNumber(parsed, _netns) ? parsed.GetValue(_netns) : null;

    /// <summary>The cgroup, likewise.</summary>
    public ulong? CgroupNumber(ParseResult parsed) => IsNumber(parsed, _cgroup) ? parsed.GetValue(_cgroup) : null;

    /// <summary>The filters as the user wrote them, for the trace's header.</summary>
    public string Text(ParseResult parsed) => string.Join(' ', All
        .Select(parsed.GetResult)
        .Where(result => result is { Implicit: false })
        .Select(result => $"{result!.Option.Name} {string.Join(' ', result.Tokens)}"));

    private static bool IsNumber<T>(ParseResult parsed, Option<T> option) =>
        parsed.GetResult(option) is { Tokens: [var value] } && value.Value == $"{parsed.GetValue(option)}";
}

using System.CommandLine;
using SockTrace.Bpf;
using SockTrace.Events;
using SockTrace.Filters;

namespace SockTrace;

/// <summary>The options that everything that traces shares, with their ranges.</summary>
internal sealed class TraceOptions
{
    private const int DefaultMaxConnections = 262_144;
    private static readonly TimeSpan DefaultStatsInterval = TimeSpan.FromSeconds(10);

    private readonly Option<SourceChoice> _source = new("--source")
    {
        Description = "Where events come from: auto, bpf or proc [default: auto]",
        HelpName = "SOURCE",
        CustomParser = OptionParsers.Source,
    };

    private readonly Option<TimeSpan?> _duration = new("--duration")
    {
        Description = "Stop after this long",
        HelpName = "30s",
        CustomParser = OptionParsers.Duration,
    };

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
        Description = "Only connections with an address in this prefix at either end",
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

    private readonly Option<IpFamily?> _family = new("--family")
    {
        Description = "Only IPv4 or IPv6 sockets",
        HelpName = "4|6",
        CustomParser = OptionParsers.Family,
    };

    private readonly Option<TimeSpan?> _minLifetime = new("--min-lifetime")
    {
        Description = "Only connections that have lived at least this long",
        HelpName = "10ms",
        CustomParser = OptionParsers.Duration,
    };

    private readonly Option<int> _maxConnections = new("--max-connections")
    {
        Description = "Follow at most this many connections at once",
        HelpName = "N",
        CustomParser = OptionParsers.MaxConnections,
        DefaultValueFactory = _ => DefaultMaxConnections,
    };

    private readonly Option<uint?> _buffer = new("--buffer")
    {
        Description = "Size of the ring buffer, rounded up to a power of two [default: 16MiB]",
        HelpName = "16MiB",
        CustomParser = OptionParsers.Buffer,
    };

    private readonly Option<TimeSpan?> _statsInterval = new("--stats-interval")
    {
        Description = "How often totals and the fullest pools are recorded [default: 10s]",
        HelpName = "10s",
        CustomParser = OptionParsers.Duration,
    };

    private readonly Option<bool> _verbose = new("--verbose", "-v")
    {
        Description = "Say what was attached, and all that libbpf says",
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [_source, _duration, _port, _lport, _rport, _host, _pid, _comm, _netns, _cgroup, _family, _minLifetime,
            _maxConnections, _buffer, _statsInterval, _verbose])
            command.Add(option);
    }

    public TraceSettings Read(ParseResult parsed) => new()
    {
        Source = parsed.GetValue(_source),
        Duration = parsed.GetValue(_duration),
        Filter = new TraceFilter
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
        },
        FilterText = FilterText(parsed),
        MaxConnections = parsed.GetValue(_maxConnections),
        RingBytes = parsed.GetValue(_buffer) ?? (uint)BpfSource.DefaultRingBytes,
        StatsInterval = parsed.GetValue(_statsInterval) ?? DefaultStatsInterval,
        Verbose = parsed.GetValue(_verbose),
    };

    /// <summary>The filters as the user wrote them, for the trace's header.</summary>
    private string FilterText(ParseResult parsed) => string.Join(' ',
        ((Option[])[_port, _lport, _rport, _host, _pid, _comm, _netns, _cgroup, _family, _minLifetime])
        .Select(parsed.GetResult)
        .Where(result => result is { Implicit: false })
        .Select(result => $"{result!.Option.Name} {string.Join(' ', result.Tokens)}"));
}

using System.CommandLine;
using System.CommandLine.Parsing;
using SockTrace.Bpf;

namespace SockTrace;

/// <summary>The options that everything that traces shares, with their ranges.</summary>
internal sealed class TraceOptions
{
    private const int DefaultMaxConnections = 262_144;

    private readonly FilterOptions _filter = new();

    private readonly Option<SourceChoice> _source = WordOption.One<SourceChoice>("--source",
        "Where events come from: the kernel's tracepoint (bpf), /proc polled four times a second (proc), or the first that works [default: auto]");

    private readonly Option<TimeSpan?> _duration = new("--duration")
    {
        Description = "Stop after this long, such as 30s or 2m",
        HelpName = "TIME",
        CustomParser = OptionParsers.Duration,
    };

    private readonly Option<int> _maxConnections = MaxConnections();

    private readonly Option<uint?> _buffer = new("--buffer")
    {
        Description = "Size of the ring buffer, rounded up to a power of two [default: 16MiB]",
        HelpName = "SIZE",
        CustomParser = OptionParsers.Buffer,
    };

    private readonly Option<TimeSpan?> _statsInterval = new("--stats-interval")
    {
        Description = "How often totals and the fullest pools are recorded [default: 10s]",
        HelpName = "TIME",
        CustomParser = OptionParsers.StatsInterval,
    };

    private readonly Option<bool> _verbose = new("--verbose", "-v")
    {
        Description = "Say what was attached, and all that libbpf says",
    };

    /// <summary>A replay has it too: its tables are the same.</summary>
    public static Option<int> MaxConnections() => new("--max-connections")
    {
        Description = "Follow at most this many connections at once",
        HelpName = "N",
        CustomParser = OptionParsers.MaxConnections,
        DefaultValueFactory = _ => DefaultMaxConnections,
    };

    public void AddTo(Verb verb)
    {
        verb.Add(new OptionGroup("Tracing", _source, _duration, _maxConnections, _buffer, _statsInterval, _verbose));
        _filter.AddTo(verb);
        verb.Validators.Add(Validate);
    }

    public TraceSettings Read(ParseResult parsed) => new()
    {
        Source = parsed.GetValue(_source),
        Duration = parsed.GetValue(_duration),
        Filter = _filter.Read(parsed),
        FilterText = _filter.Text(parsed),
        NetnsNumber = _filter.NetnsNumber(parsed),
        CgroupNumber = _filter.CgroupNumber(parsed),
        MaxConnections = parsed.GetValue(_maxConnections),
        RingBytes = parsed.GetValue(_buffer) ?? (uint)BpfSource.DefaultRingBytes,
        StatsInterval = parsed.GetValue(_statsInterval) ?? TraceSettings.DefaultStatsInterval,
        Verbose = parsed.GetValue(_verbose),
    };

    private void Validate(CommandResult result)
    {
        if (result.GetResult(_buffer) is { Implicit: false, Tokens: [var size, ..] }
            && result.GetResult(_source) is { Tokens: [{ Value: "proc" }] })
            result.AddError($"--buffer {size.Value}: source proc has no ring buffer; leave it out, or use --source bpf");
    }
}

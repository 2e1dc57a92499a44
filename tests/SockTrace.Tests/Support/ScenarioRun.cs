using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SockTrace.Tests.Support;

/// <summary>
/// Every scenario of tests/scenarios, each in a network namespace of its own, all at once
/// under one `socktrace record`: their long waits are waited for together.
/// </summary>
public sealed class ScenarioRun : IAsyncLifetime
{
    private static readonly string[] Names =
    [
        "closed_by_client", "closed_by_server", "closed_by_both", "half_closed", "orphan_with_late_fin",
        "orphan_that_expires", "orphan_of_four_seconds", "orphan_of_ninety_seconds", "abort_by_linger", "abort_by_unread_data",
        "abort_by_late_data", "reset_after_close", "killed", "refused",
        "into_the_void", "unreachable", "listener_closed", "tw_reuse", "syn_onto_time_wait", "rst_onto_time_wait",
        "rst_onto_fin_wait2", "data_onto_fin_wait2", "bucket_overflow", "overflow_of_orphan", "netns_removed", "exhausted", "exhausted_v6", "exhausted_mapped",
        "exhausted_bound", "exhausted_own_range", "exhausted_reserved", "connects_again", "disconnected", "given_up",
        "fast_open", "fast_open_unused", "fast_open_disconnected", "four_tuple_taken", "reuseport", "mptcp", "passed_on", "forked", "threads", "open_before",
    ];

    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, Scenario> _scenarios = [];
    private RecordedTrace? _trace;

    /// <summary>The whole trace.</summary>
    internal RecordedTrace Trace => _trace!;

    /// <summary>What it becomes when it is replayed.</summary>
    internal RecordedTrace Replay() => RecordedTrace.Parse(string.Join('\n', Replayed.Lines(TracePath, _folder)));

    private string TracePath => _folder.File("trace.ndjson");

    internal Scenario this[string name] => _scenarios[name];

    /// <summary>Sockets in the trace that are no scenario's: other tests run at the same time.</summary>
    internal int ForeignSockets => Trace.Records.Where(record => record.Text("id") is not null && !IsScenarios(record.Number("netns")))
        .Select(record => (record.Number("netns"), record.Text("id"))).Distinct().Count();

    /// <summary>Whether it is the network namespace of a scenario.</summary>
    internal bool IsScenarios(long? netns) => _scenarios.Values.Any(scenario => scenario.Netns == netns);

    public async ValueTask InitializeAsync()
    {
        Live.RequireRoot();
        await Task.Run(Run);
    }

    public ValueTask DisposeAsync()
    {
        foreach (Scenario scenario in _scenarios.Values)
            scenario.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Run()
    {
        foreach (string name in Names)
            _scenarios.Add(name, new Scenario(name));
        _scenarios["open_before"].Start();
        _scenarios["open_before"].WaitFor("ready");

        using var socktrace = SocktraceProcess.Start("record", "-o", TracePath, "--stats-interval", "1s");
        WaitForSnapshot(TracePath);
        _scenarios["open_before"].EndInput();
        foreach (string name in Names.Where(name => name != "open_before"))
            _scenarios[name].Start();
        foreach (string name in Names)
            _scenarios[name].WaitForEnd();
        socktrace.Terminate();
        Assert.Equal(0, socktrace.WaitForExit());

        _trace = RecordedTrace.Read(TracePath);
        foreach (Scenario scenario in _scenarios.Values)
            scenario.Take(_trace);
    }

    /// <summary>The statistics tell when the sockets that were there before are in the tables.</summary>
    private static void WaitForSnapshot(string path) => Eventually.IsSo(
        () => File.ReadLines(path).Any(line => line.Contains("\"type\":\"stats\"", StringComparison.Ordinal)
            && !line.Contains("\"live\":0,", StringComparison.Ordinal)),
        () => "no snapshot in " + File.ReadAllText(path));
}

/// <summary>One scenario: its process, what that said, and the records of its namespace.</summary>
internal sealed class Scenario : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    private readonly string _name;
    private readonly TestNamespace _netns;
    private readonly bool _ownsNetns;
    private readonly Dictionary<string, long> _said = [];
    private Process? _process;
    private JsonElement[] _records = [];

    /// <summary>In a namespace of its own.</summary>
    public Scenario(string name)
        : this(name, new TestNamespace()) => _ownsNetns = true;

    /// <summary>In somebody's namespace.</summary>
    public Scenario(string name, TestNamespace netns) => (_name, _netns) = (name, netns);

    /// <summary>The process id.</summary>
    public long Pid => _process!.Id;

    public uint Netns => _said.TryGetValue("netns", out long own) ? (uint)own : _netns.Inode;

    /// <summary>A number that the scenario printed.</summary>
    public long Said(string what) => _said[what];

    public void Start()
    {
        string program = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Paths.BpfObject)!, "..", "scenarios"));
        _process = _netns.Run(() => Process.Start(new ProcessStartInfo(program, _name)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!);
    }

    public void WaitFor(string what)
    {
        while (!_said.ContainsKey(what))
            Hear(_process!.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{_name} ended before it said {what}"));
    }

    /// <summary>Writes to its standard input, all of it.</summary>
    public void Input(ReadOnlySpan<byte> bytes)
    {
        _process!.StandardInput.BaseStream.Write(bytes);
        EndInput();
    }

    public void EndInput() => _process!.StandardInput.Close();

    public void WaitForEnd()
    {
        while (_process!.StandardOutput.ReadLine() is string line)
            Hear(line);
        Assert.True(_process.WaitForExit(Deadline), $"{_name} is still running");
        Assert.True(_process.ExitCode == 0, $"{_name} failed");
    }

    public void Take(RecordedTrace trace) => _records = [.. trace.Records.Where(record => record.Number("netns") == Netns)];

    public JsonElement[] OfType(string type) => [.. _records.Where(record => record.Text("type") == type)];

    public JsonElement[] Conns(string role) => [.. OfType("conn").Where(conn => conn.Text("role") == role)];

    /// <summary>The states that a connection went through, in order.</summary>
    public string[] StatesOf(JsonElement conn) =>
        [.. OfType("state").Where(state => state.Text("id") == conn.Text("id")).Select(state => state.Text("new")!)];

    public void Dispose()
    {
        if (_process is { HasExited: false })
            _process.Kill();
        _process?.Dispose();
        if (_ownsNetns)
            _netns.Dispose();
    }

    private void Hear(string line)
    {
        string[] words = line.Split(' ');
        _said[words[0]] = long.Parse(words[1], CultureInfo.InvariantCulture);
    }
}

using System.CommandLine;
using System.Net.Sockets;
using SockTrace.Bpf;
using SockTrace.Diag;
using SockTrace.Doctor;
using SockTrace.Host;
using SockTrace.Output;

namespace SockTrace;

/// <summary><c>socktrace doctor</c>: can this host be traced, and what is missing.</summary>
internal static class DoctorVerb
{
    public static Verb Create()
    {
        var json = new Option<bool>("--json") { Description = "As JSON; docs/doctor.md says what each field is" };
        var measure = new Option<bool>("--measure-timewait")
        {
            Description = "Instead, measure how long this kernel keeps a connection in TIME_WAIT (a minute)",
        };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Say what was attached, and all that libbpf says" };
        var verb = new Verb("doctor", "Say whether this host can be traced, and what is missing",
            about: "Looks at the kernel, its locks and this process's capabilities, loads and attaches what `live` would, and follows one loopback "
                + "connection of its own. For each thing that is missing it says what that costs and how to get it. Exit code 0 where tracing by "
                + "bpf works, else 3.",
            examples:
            [
                new("What works here, and what is missing", "sudo socktrace doctor"),
                new("What an ordinary user could do, and which capabilities would help", "socktrace doctor"),
                new("How long this kernel keeps a port in TIME_WAIT (takes a minute)", "socktrace doctor --measure-timewait"),
                new("The source that would be taken, for a script", "socktrace doctor --json | jq -r .verdict.source"),
            ])
        {
            json, measure, verbose,
        };
        verb.Validators.Add(result =>
        {
            if (result.GetResult(measure) is { Implicit: false } && result.GetResult(verbose) is { Implicit: false })
                result.AddError("--verbose: --measure-timewait attaches nothing that it could name; leave one of the two out");
        });
        verb.SetAction(parsed => parsed.GetValue(measure)
            ? Measure(parsed.GetValue(json))
            : Examine(parsed.GetValue(json), parsed.GetValue(verbose)));
        return verb;
    }

    private static int Examine(bool json, bool verbose)
    {
        DoctorFacts facts = Examination.Run();
        Diagnosis diagnosis = Judge.Of(facts, Environment.ProcessPath ?? "socktrace");
        if (verbose)
        {
            foreach (string hook in facts.Trial.Hooks)
                Terminal.Say($"attached {hook}");
            Terminal.Details(BpfLog.Tail());
        }
        byte[] text = json
            ? DoctorJson.Write(DoctorReport.Of(facts, diagnosis, ProgramVersion.Text))
            : DoctorText.Write(diagnosis, colour: !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
        return Show(text) ?? (diagnosis.Verdict.Works ? ExitCode.Done : ExitCode.Unavailable);
    }

    private static int Measure(bool json)
    {
        CancellationToken stop = StopSignals.Install().Token;
        using var bar = new ProgressBar("TIME_WAIT");
        try
        {
            TimeWaitReport report = TimeWaitMeasurement.Run(ProgramVersion.Text, bar.Show, stop);
            bar.Clear();
            return Show(json ? DoctorJson.Write(report) : report.ToText()) ?? (report.IsMeasured() ? ExitCode.Done : ExitCode.Failed);
        }
        catch (SocketException e)
        {
            Terminal.Say($"no connection on loopback: {Errno.Describe(e.NativeErrorCode)}");
            return ExitCode.Unavailable;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DiagException)
        {
            Terminal.Say($"TIME_WAIT cannot be looked at: {e.Message}");
            return ExitCode.Unavailable;
        }
    }

    /// <returns>Null where all of it is written, or nobody reads it; else the exit code.</returns>
    private static int? Show(byte[] text)
    {
        using OutputFile output = OutputFile.StandardOutput();
        try
        {
            output.WriteAll(text);
            return null;
        }
        catch (OutputException e)
        {
            if (e.IsClosedPipe)
                return null;
            Terminal.Say(e.Message);
            return ExitCode.Failed;
        }
    }
}

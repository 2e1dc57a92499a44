using SockTrace.Tracking;

namespace SockTrace.Doctor;

/// <summary>What was seen of a connection of our own, and by what.</summary>
internal static class TraceChecks
{
    /// <summary>bpf_rdonly_cast().</summary>
    private static readonly Version TimersCanBeRead = new(6, 2);

    public static IEnumerable<Check?> Of(DoctorFacts facts) => facts.Trial.IsAttached
        ? [Bpf(facts.Trial), RingBuffer(), Transitions(facts.Trial), Ftrace(facts), Addresses(facts), TimeWait(facts), Accept(facts)]
        : [Refused(facts), Ftrace(facts), Addresses(facts)];

    private static Check Refused(DoctorFacts facts)
    {
        // Where a check before it says why, the kernel's own answer is no further help.
        bool isExplained = HostChecks.Of(facts).Any(check => check?.Status == Check.Missing);
        return new Check("bpf", Check.Missing, $"bpf: {facts.Trial.Refusal}",
            "Source bpf cannot be had. Source proc looks four times a second: shorter connections, bytes and exact times are not seen.",
            !isExplained && facts.Trial.Hint is string hint ? Sentence(hint) : null);
    }

    private static Check Bpf(Trial trial) =>
        new Check("bpf", Check.Ok, $"bpf: {trial.Hooks.Count} programs loaded and attached");

    private static Check RingBuffer() =>
        new Check("ring_buffer", Check.Ok, $"ring buffer: {SockTrace.Bpf.BpfSource.DefaultRingBytes >> 20} MiB");

    private static Check Transitions(Trial trial)
    {
        if (trial.NoConnection is string reason)
            return new Check("transitions", Check.Limited, $"transitions: not tried, without a connection on loopback: {reason}",
                "Whether what is attached also sees anything is not known.", "Bring loopback up.", "sudo ip link set lo up");
        string seen = $"transitions: {trial.Transitions} of {Trial.ExpectedTransitions} of a connection of our own arrived";
        return trial.Transitions == Trial.ExpectedTransitions
            ? new Check("transitions", Check.Ok, seen)
            : new Check("transitions", Check.Missing, seen, "`state` and `conn` records are not there, or not all of them.",
                "The hooks attach and do not fire: use --source proc, or another kernel.");
    }

    private static Check? Ftrace(DoctorFacts facts) => facts.FtraceEnabled switch
    {
        null => null, // this kernel has no such setting
        0 => new Check("ftrace", Check.Limited, "ftrace: kernel.ftrace_enabled is 0",
            "No function can be hooked: TIME_WAIT is seen by timers or inferred, and the owner of an accepted socket when it closes.",
            "Let functions be hooked.", "sudo sysctl kernel.ftrace_enabled=1"),
        int value => new Check("ftrace", Check.Ok, $"ftrace: kernel.ftrace_enabled is {value}"),
    };

    private static Check Addresses(DoctorFacts facts)
    {
        if (facts.HasKernelAddresses)
            return new Check("kernel_addresses", Check.Ok, "kernel addresses: /proc/kallsyms shows them");
        bool isForNobody = facts.KptrRestrict == HostChecks.AddressesForNobody;
        return new Check("kernel_addresses", Check.Limited,
            isForNobody ? "kernel addresses: /proc/kallsyms shows none: kernel.kptr_restrict is 2" : "kernel addresses: /proc/kallsyms shows none: no CAP_SYSLOG",
            "What ended a TIME_WAIT early is not told (`ended`: reused, reopened, killed); and where no function can be hooked, TIME_WAIT is inferred.",
            isForNobody ? "Let those see them who have CAP_SYSLOG." : "Run as root, or grant capabilities, as below.",
            isForNobody ? "sudo sysctl kernel.kptr_restrict=1" : null);
    }

    private static Check TimeWait(DoctorFacts facts)
    {
        Trial trial = facts.Trial;
        string why = string.Concat(trial.Notes.Select(note => $" {Sentence(note)}"));
        if (trial.TimeWait == TimeWaitSight.Inferred)
            return new Check("time_wait", Check.Limited, "TIME_WAIT: inferred",
                "`time_wait` records are worked out from how connections end, and from a look every two seconds: "
                + $"who ended one early is not known, nor which were never made (overflow).{why}", RemedyOfInferred(facts));
        string by = trial.TimeWait == TimeWaitSight.Functions ? "functions (fentry)" : "timers";
        if (!trial.MeasuresTimeWait)
            return new Check("time_wait", Check.Limited, $"TIME_WAIT: hooked by {by}; what our own connection left behind was not seen",
                "`time_wait` records are not there, or have no end.", "The hooks attach and do not fire: use another kernel.");
        if (trial.NoConnection is null && !trial.SawWhatEndedIt)
            return new Check("time_wait", Check.Limited, $"TIME_WAIT: measured, by {by}; not what ends one early",
                $"`ended` says lost where it was reused, reopened or killed.{why}", facts.HasKernelAddresses ? null : "As for kernel addresses.");
        return new Check("time_wait", Check.Ok, $"TIME_WAIT: measured, by {by}",
            trial.TimeWait == TimeWaitSight.Timers ? $"{why.TrimStart()} So every timer of the host is looked at, some nanoseconds each." : null);
    }

    private static string RemedyOfInferred(DoctorFacts facts) =>
        facts.FtraceEnabled == 0 ? "As for ftrace."
        : HostChecks.IsBefore(facts.Kernel, TimersCanBeRead) ? "Use a kernel that lets functions be hooked (fentry), or Linux 6.2 or later."
        : facts.HasKernelAddresses ? "Use a kernel that lets functions be hooked (fentry)."
        : "As for kernel addresses.";

    private static Check Accept(DoctorFacts facts)
    {
        bool isHooked = facts.Trial.Hooks.Any(hook => hook.Contains("on_accept", StringComparison.Ordinal));
        if (isHooked && (facts.Trial.SawAccept || facts.Trial.NoConnection is not null))
            return new Check("accept", Check.Ok, "owners of accepted sockets: at accept()");
        return new Check("accept", Check.Limited,
            isHooked ? "owners of accepted sockets: accept() is hooked, and was not seen" : "owners of accepted sockets: when they close",
            "`pid` and `comm` are not in what comes before that, and in nothing where the peer reset it: --pid and --comm show only the close.",
            facts.FtraceEnabled == 0 ? "As for ftrace." : "Use a kernel that lets functions be hooked (fentry).");
    }

    /// <summary>A reason that stood in the middle of a sentence.</summary>
    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}.";
}

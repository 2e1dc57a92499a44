using Microsoft.Win32.SafeHandles;
using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Bpf;

/// <summary>
/// Which of the object's programs are loaded on this kernel, and what they are told. Chosen
/// here, once, by what the kernel's BTF says and by one trial of fentry.
/// </summary>
internal sealed record BpfVariant
{
    private static readonly string[] MiniFunctions =
        ["inet_twsk_alloc", "tcp_timewait_state_process", "inet_twsk_deschedule_put", "inet_twsk_kill", "tw_timer_handler"];

    private static readonly string[] MiniPrograms =
        ["on_mini_alloc", "on_mini_packet", "on_mini_deschedule", "on_mini_kill", "on_mini_timer"];

    /// <summary>Functions that tell a kernel by whether it has them.</summary>
    private static readonly string[] Tellers =
        ["bpf_get_socket_ptr_cookie", "bpf_get_current_task_btf", "bpf_rdonly_cast", "inet_csk_accept"];

    private static readonly string[] TimerPrograms = ["on_timer_cancel", "on_timer_expire"];

    public required TimeWaitSight TimeWait { get; init; }

    /// <summary>The program for this kernel's inet_csk_accept(); null where there can be none.</summary>
    public required string? AcceptProgram { get; init; }

    public required bool HasCookieHelper { get; init; }
    public required bool HasTaskBtf { get; init; }
    public required bool HasRdonlyCast { get; init; }

    /// <summary>See <see cref="Pipeline.IEventSource.TimeWaitIsCountedAtExpiry"/>.</summary>
    public required bool TimeWaitIsCountedAtExpiry { get; init; }

    /// <summary>Programs that are loaded and attached, beside the pair that is everywhere.</summary>
    public IEnumerable<string> Programs
    {
        get
        {
            string[] timeWait = TimeWait switch
            {
                TimeWaitSight.Functions => MiniPrograms,
                TimeWaitSight.Timers => TimerPrograms,
                _ => [],
            };
            return AcceptProgram is null ? timeWait : [.. timeWait, AcceptProgram];
        }
    }

    /// <summary>Programs of the object that some variant leaves out.</summary>
    public static IEnumerable<string> AllOptionalPrograms => [.. MiniPrograms, .. TimerPrograms, "on_accept4", "on_accept2"];

    /// <summary>What this kernel should be able to do, the best first. Who takes one does not ask for the next.</summary>
    /// <param name="note">Is told what it cannot do, and why.</param>
    /// <exception cref="BpfException">The kernel's BTF cannot be read.</exception>
    public static IEnumerable<BpfVariant> Candidates(Action<string> note)
    {
        BpfVariant plain;
        string? noFunctions, noTimers, acceptProgram;
        using (var btf = new KernelBtf([.. MiniFunctions, .. Tellers]))
        {
            plain = new BpfVariant
            {
                TimeWait = TimeWaitSight.Inferred,
                AcceptProgram = null,
                HasCookieHelper = btf.HasFunction("bpf_get_socket_ptr_cookie"),
                HasTaskBtf = btf.HasFunction("bpf_get_current_task_btf"),
                HasRdonlyCast = btf.HasFunction("bpf_rdonly_cast"),
                // tw_timer_handler() counted, until __inet_twsk_schedule() did, and needed the field no more.
                TimeWaitIsCountedAtExpiry = btf.HasMember("inet_timewait_sock", "tw_kill"),
            };
            noFunctions = WhyNoFunctions(btf);
            noTimers = WhyNoTimers(btf);
            // The wrong one loads as well, and reads a wrong pointer: only the number of parameters tells.
            acceptProgram = btf.ParameterCount("inet_csk_accept") switch { 4 => "on_accept4", 2 => "on_accept2", _ => null };
        }
        if (noFunctions is null)
            yield return plain with { TimeWait = TimeWaitSight.Functions, AcceptProgram = acceptProgram };
        else
            note($"TIME_WAIT not by functions: {noFunctions}");
        if (noTimers is null)
            yield return plain with { TimeWait = TimeWaitSight.Timers };
        else
            note($"TIME_WAIT not by timers: {noTimers}");
        yield return plain;
    }

    /// <summary>Tells the programs.</summary>
    public void Fill(ref BpfConfig config)
    {
        config.HasCookieHelper = HasCookieHelper ? (byte)1 : (byte)0;
        config.HasTaskBtf = HasTaskBtf ? (byte)1 : (byte)0;
        config.HasRdonlyCast = HasRdonlyCast ? (byte)1 : (byte)0;
        config.FindsMinis = TimeWait == TimeWaitSight.Timers ? (byte)1 : (byte)0;
        config.TickNs = (uint)KernelTick.Ns;
    }

    /// <summary>
    /// After all is attached, and then from time to time. While kernel.ftrace_enabled is 0 no hook of
    /// a function runs: 5.10 lets none attach (EBUSY), 6.1 to 7.2 let them, and let those that are
    /// attached be silenced; 7.3 lets nobody write that.
    /// </summary>
    /// <exception cref="BpfException">So it is.</exception>
    public void ThrowIfHooksDoNotRun()
    {
        if (TimeWait == TimeWaitSight.Functions && HostFacts.ReadLine("/proc/sys/kernel/ftrace_enabled") == "0")
            throw new BpfException("run what hooks functions while kernel.ftrace_enabled is 0", Errno.EBUSY);
    }

    private static string? WhyNoFunctions(KernelBtf btf)
    {
        if (MiniFunctions.FirstOrDefault(name => !btf.HasFunction(name)) is string missing)
            return $"the kernel has no {missing}()";
        int error = TryToHook(btf.FunctionId("inet_twsk_deschedule_put"));
        return error == 0 ? null : $"the kernel lets none be hooked: {Errno.Describe(error)}";
    }

    private static string? WhyNoTimers(KernelBtf btf) =>
        !btf.HasFunction("tw_timer_handler") ? "the kernel has no tw_timer_handler()"
        : !btf.HasFunction("bpf_rdonly_cast") ? "what is around one cannot be read before Linux 6.2"
        : !KernelSymbols.CanBeSeen ? "/proc/kallsyms shows no addresses (kernel.kptr_restrict, CAP_SYSLOG)"
        : null;

    /// <summary>Loads a program that does nothing: a kernel that was built or locked without fentry refuses.</summary>
    /// <returns>0, or the errno of the refusal.</returns>
    private static unsafe int TryToHook(int functionId)
    {
        const int Tracing = 26, Fentry = 24; // BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY
        ulong* nothing = stackalloc ulong[] { 0xb7, 0x95 }; // r0 = 0; exit
        var opts = new LibBpf.bpf_prog_load_opts
        {
            sz = (nuint)sizeof(LibBpf.bpf_prog_load_opts),
            expected_attach_type = Fentry,
            attach_btf_id = (uint)functionId,
        };
        int fd = LibBpf.bpf_prog_load(Tracing, "probe", "GPL", nothing, 2, &opts);
        if (fd < 0)
            return -fd;
        new SafeFileHandle(fd, ownsHandle: true).Dispose();
        return 0;
    }
}

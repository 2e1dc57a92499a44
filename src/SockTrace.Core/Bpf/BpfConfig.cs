using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SockTrace.Events;
using SockTrace.Filters;

namespace SockTrace.Bpf;

/// <summary><c>struct socktrace_config</c> in bpf/socktrace.h, which says what each field does.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BpfConfig
{
    public ulong WakeBytes;
    public IpAddress HostPrefix;
    public IpAddress HostMask;
    public uint TickNs;
    public uint Netns;
    public ushort Port;
    public ushort Lport;
    public ushort Rport;
    public IpFamily Family;
    public byte Host;
    public byte HasCookieHelper;
    public byte HasTaskBtf;
    public byte HasRdonlyCast;
    public byte FindsMinis;
    public BpfPadding Padding;

    /// <summary>What of a filter the kernel can decide.</summary>
    public static BpfConfig From(TraceFilter filter) => new()
    {
        Netns = filter.Netns ?? 0,
        Port = filter.Port ?? 0,
        Lport = filter.Lport ?? 0,
        Rport = filter.Rport ?? 0,
        Family = filter.Family ?? IpFamily.Unknown,
        Host = filter.Host is null ? (byte)0 : (byte)1,
        HostPrefix = filter.Host?.Prefix ?? default,
        HostMask = filter.Host?.Mask ?? default,
    };
}

/// <summary><c>struct socktrace_function</c>: where a kernel function's code lies.</summary>
internal struct BpfFunction
{
    public ulong Start;
    public ulong End;
}

/// <summary><c>struct socktrace_symbols</c>: what the programs of mini-sockets compare with.</summary>
internal struct BpfSymbols
{
    public ulong TwTimerHandler;
    public BpfFunction DeschedulePut;
    public BpfFunctions2 Rcv;
    public BpfFunctions3 Connect;
    public BpfFunction ValidateIncoming;
}

[InlineArray(2)]
internal struct BpfFunctions2
{
    private BpfFunction _first;
}

[InlineArray(3)]
internal struct BpfFunctions3
{
    private BpfFunction _first;
}

[InlineArray(4)]
internal struct BpfPadding
{
    private byte _first;
}

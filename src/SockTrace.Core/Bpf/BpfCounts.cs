using System.Runtime.InteropServices;

namespace SockTrace.Bpf;

/// <summary><c>struct socktrace_counts</c> in bpf/socktrace.h: one CPU's.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BpfCounts
{
    public ulong RingFull;
    public ulong Rescued;
}

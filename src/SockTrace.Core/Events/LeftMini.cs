using System.Runtime.InteropServices;

namespace SockTrace.Events;

/// <summary>
/// The mini-socket that a CLOSE from FIN_WAIT2 or CLOSING leaves behind, where the source looks for
/// it. It stands in place of the comm, which such a CLOSE has not: see bpf/socktrace.h.
/// </summary>
/// <param name="Sock">As in <see cref="TcpEvent.Sock"/>; 0 where there is none.</param>
/// <param name="State">FIN_WAIT2 or TIME_WAIT.</param>
internal readonly record struct LeftMini(ulong Sock, TcpState State)
{
    /// <summary>SOCKTRACE_MINI_UNKNOWN.</summary>
    private const byte UnknownState = 0xFF;

    /// <summary>SOCKTRACE_MINI_OVERFLOWN.</summary>
    private const byte OverflownState = 0xFE;

    /// <summary>Where the kernel would have made one, and could not: tcp_max_tw_buckets.</summary>
    public static LeftMini Overflown => new(0, (TcpState)OverflownState);

    /// <summary>False where the source could not find out whether there is one.</summary>
    public bool IsKnown => (byte)State != UnknownState;

    public bool IsOverflown => (byte)State == OverflownState;

    public static LeftMini In(in Comm comm)
    {
        ReadOnlySpan<byte> bytes = comm;
        return new LeftMini(MemoryMarshal.Read<ulong>(bytes), (TcpState)bytes[sizeof(ulong)]);
    }

    /// <summary>In place of a comm.</summary>
    public Comm ToComm()
    {
        var comm = default(Comm);
        Span<byte> bytes = comm;
        MemoryMarshal.Write(bytes, Sock);
        bytes[sizeof(ulong)] = (byte)State;
        return comm;
    }
}

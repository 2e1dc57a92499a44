using System.Runtime.InteropServices;

namespace SockTrace.Events;

/// <summary>
/// The one fixed event that every source produces: <c>struct socktrace_event</c> of
/// bpf/socktrace.h, which says what each field holds and when it is true. A test compares
/// the two layouts through the BTF in the built object.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TcpEvent
{
    /// <summary>Bytes of an event, everywhere.</summary>
    public const int Size = 128;

    public ulong TimeNs;
    public ulong Sock;
    public ulong Cookie;
    public IpAddress Laddr;
    public IpAddress Raddr;
    public ulong Cgroup;
    public ulong BytesSent; // by kind also Parent, ArmedNs or BeganNs; of a replayed port_exhausted, Pool
    public ulong BytesReceived; // by kind also Inode; of a replayed port_exhausted, Taken
    public Comm Comm;
    public uint Netns;
    public uint Pid;
    public uint Uid;
    public uint SrttUs; // by state also PortRange
    public uint Retransmits;
    public ushort Lport;
    public ushort Rport;
    public ushort SkErr;
    public EventKind Kind;
    public TcpState OldState;
    public TcpState NewState;
    public IpFamily Family;
    public byte Shutdown;
    public EventFlags Flags;
}

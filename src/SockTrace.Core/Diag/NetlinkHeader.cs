using System.Runtime.InteropServices;

namespace SockTrace.Diag;

/// <summary>struct nlmsghdr, include/uapi/linux/netlink.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetlinkHeader
{
    public const int Size = 16;

    /// <summary>Types: an error, the end of a dump.</summary>
    public const ushort Error = 2, Done = 3;

    /// <summary>NLM_F_REQUEST, and with NLM_F_DUMP.</summary>
    public const ushort RequestOne = 1, RequestDump = 0x301;

    /// <summary>NLM_F_DUMP_INTR: what is dumped changed meanwhile in a way that makes the dump inconsistent.</summary>
    public const ushort DumpInterrupted = 0x10;

    /// <summary>With the header, without the padding to 4 bytes.</summary>
    public uint Length;

    public ushort Type;
    public ushort Flags;
    public uint Sequence;
    public uint Port;
}

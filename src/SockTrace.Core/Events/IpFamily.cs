namespace SockTrace.Events;

/// <summary>The socket's family. <c>enum socktrace_family</c> in bpf/socktrace.h.</summary>
internal enum IpFamily : byte
{
    Unknown = 0,
    IPv4 = 4,
    IPv6 = 6,
}

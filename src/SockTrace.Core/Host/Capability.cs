namespace SockTrace.Host;

/// <summary>The capabilities that matter here, by their numbers in include/uapi/linux/capability.h.</summary>
internal enum Capability
{
    DacReadSearch = 2,
    SysPtrace = 19,
    SysAdmin = 21,
    SysResource = 24,
    Syslog = 34,
    Perfmon = 38,
    Bpf = 39,
}

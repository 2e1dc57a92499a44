namespace SockTrace.Diag;

/// <summary>The kernel does not show its sockets over NETLINK_SOCK_DIAG. The message says why.</summary>
internal sealed class DiagException(string reason) : Exception($"NETLINK_SOCK_DIAG: {reason}")
{
    public DiagException(string operation, int errno)
        : this($"cannot {operation}: {Host.Errno.Describe(errno)}") => Errno = errno;

    /// <summary>What the kernel said; 0 where its answer was not understood.</summary>
    public int Errno { get; }
}

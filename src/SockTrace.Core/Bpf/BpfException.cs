namespace SockTrace.Bpf;

/// <summary>The kernel or libbpf refused something.</summary>
internal sealed class BpfException(string operation, int errno)
    : Exception($"cannot {operation}: {Host.Errno.Describe(errno)}")
{
    public int Errno { get; } = errno;
}

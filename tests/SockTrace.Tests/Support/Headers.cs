using SockTrace.Host;
using SockTrace.Output;

namespace SockTrace.Tests.Support;

internal static class Headers
{
    public static TraceHeader Any => new()
    {
        Version = "1.2.3",
        Host = "db1",
        BootId = "c1bb4d53-ab66-4dbd-bb93-cb4a2237b95c",
        Kernel = "6.12.0",
        Source = "bpf",
        TimeWait = null,
        Filters = "",
        Settings = new NetworkSettings("32768-60999", "", 60, 2, 131072),
    };
}

using System.Reflection;

namespace SockTrace.Tests.Support;

internal static class Paths
{
    /// <summary>The BPF object that was built.</summary>
    public static string BpfObject => typeof(Paths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "BpfObject").Value!;
}

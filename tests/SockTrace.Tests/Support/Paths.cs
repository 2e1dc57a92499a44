using System.Reflection;

namespace SockTrace.Tests.Support;

internal static class Paths
{
    /// <summary>The BPF object that was built.</summary>
    public static string BpfObject => typeof(Paths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "BpfObject").Value!;

    /// <summary>The program that KillTests kill; <c>make</c> builds it.</summary>
    public static string WriteUntilKilled => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(BpfObject)!, "..", "write-until-killed"));
}

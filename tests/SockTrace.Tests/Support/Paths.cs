using System.Reflection;
using System.Runtime.CompilerServices;

namespace SockTrace.Tests.Support;

internal static class Paths
{
    /// <summary>The BPF object that was built.</summary>
    public static string BpfObject => typeof(Paths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "BpfObject").Value!;

    /// <summary>The program that KillTests kill; <c>make</c> builds it.</summary>
    public static string WriteUntilKilled => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(BpfObject)!, "..", "write-until-killed"));

    /// <summary>A file of the repository, such as <c>docs/report.md</c>.</summary>
    public static string InRepository(string path, [CallerFilePath] string thisFile = "") =>
        Path.Combine(RootOf(thisFile), path);

    private static string RootOf(string file)
    {
        string folder = Path.GetDirectoryName(file)!;
        while (!File.Exists(Path.Combine(folder, "SockTrace.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}

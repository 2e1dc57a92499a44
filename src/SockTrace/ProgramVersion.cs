using System.Reflection;

namespace SockTrace;

/// <summary>Which version of the program this is.</summary>
internal static class ProgramVersion
{
    public static string Text { get; } =
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}

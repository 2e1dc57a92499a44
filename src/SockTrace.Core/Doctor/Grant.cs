namespace SockTrace.Doctor;

/// <summary>Capabilities for the program's file.</summary>
/// <param name="Gives">What they are for.</param>
/// <param name="Capabilities">Their names.</param>
/// <param name="Command">The line of shell that grants them.</param>
internal sealed record Grant(string Gives, IReadOnlyList<string> Capabilities, string Command);

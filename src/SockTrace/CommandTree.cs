using System.CommandLine;
using System.CommandLine.Help;
using SockTrace.Help;

namespace SockTrace;

/// <summary>All verbs and options: what is parsed, and what help, man page and completions are made from.</summary>
internal static class CommandTree
{
    public static RootCommand Create()
    {
        var root = new RootCommand(
            "Shows the life of every TCP connection of this host, from the kernel: who opens it and to where, how long it lives, "
            + "how long its port stays in TIME_WAIT, and which process runs out of ports.")
        {
            LiveVerb.Create(),
            RecordVerb.Create(),
            ReportVerb.Create(),
            ReplayVerb.Create(),
            PortsVerb.Create(),
            DoctorVerb.Create(),
        };
        // The library's own has the aliases of DOS too: /h would be no file's name.
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        root.Add(new HelpOption("--help", "-h") { Description = "Show this help", Action = new HelpPage() });
        root.Options.OfType<VersionOption>().Single().Description = "Show the version";
        root.Add(GenerateVerb.Create(root));
        return root;
    }
}

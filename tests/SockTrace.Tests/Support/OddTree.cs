using System.CommandLine;

namespace SockTrace.Tests.Support;

/// <summary>A program whose descriptions hold whatever a shell or troff might take for its own, with an option that may lack its value.</summary>
internal static class OddTree
{
    public const string Description = """.it's "a" [b]: $(touch $T/ran) `touch $T/ran` $HOME \fBc\n %d {e,f} #g; h | i & j > k ~ l^ 'm""";

    public static RootCommand Create()
    {
        var root = new RootCommand("All of it, odd.")
        {
            new Verb("odd", Description, about: Description, [new Example(Description, "socktrace odd")])
            {
                new Option<string>("--strange", "-s") { Description = Description, HelpName = "A:[B]" },
                new Option<bool>("--other") { Description = "Another" },
                new Option<string>("--maybe") { Description = "Now or later", HelpName = "TIME", Arity = ArgumentArity.ZeroOrOne },
            },
        };
        root.Options.Clear();
        return root;
    }
}

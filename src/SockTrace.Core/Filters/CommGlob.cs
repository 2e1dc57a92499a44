using System.IO.Enumeration;
using System.Text;
using CommunityToolkit.HighPerformance.Buffers;
using SockTrace.Events;

namespace SockTrace.Filters;

/// <summary>A process name pattern with <c>*</c> and <c>?</c>, case-sensitive: --comm.</summary>
internal sealed class CommGlob(string pattern)
{
    // A host has few names and many connections: each name becomes a string once.
    private readonly StringPool _names = new();

    public string Pattern { get; } = pattern;

    public bool Matches(in Comm comm) =>
        FileSystemName.MatchesSimpleExpression(Pattern, _names.GetOrAdd(comm.Bytes, Encoding.UTF8), ignoreCase: false);
}

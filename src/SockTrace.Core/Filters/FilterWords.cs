using System.Globalization;
using SockTrace.Events;
using SockTrace.Host;
using SockTrace.Tracking;

namespace SockTrace.Filters;

/// <summary>
/// What is typed into the screen: <c>port:3306 comm:php* state:TIME_WAIT</c>. The names are those of
/// the options, and <c>state</c> and <c>role</c>; a word without a name is looked for in addresses and names.
/// </summary>
internal sealed record FilterWords
{
    public static readonly FilterWords None = new();

    /// <summary>What the options know, too.</summary>
    public TraceFilter Filter { get; init; } = new();

    public TcpState? State { get; init; }
    public Role? Role { get; init; }

    /// <summary>All of them must be found.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>All words, those with names too, as they were typed.</summary>
    public IReadOnlyList<string> Typed { get; init; } = [];

    public bool IsEmpty => Filter.IsEmpty && State is null && Role is null && Texts.Count == 0;

    /// <param name="text">What was typed so far.</param>
    /// <param name="words">What it says; without the words that are wrong.</param>
    /// <returns>What is wrong with the first wrong word, and what would be right; null where nothing is.</returns>
    public static string? Parse(string text, out FilterWords words)
    {
        words = None;
        string? error = null;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = word.IndexOf(':', StringComparison.Ordinal);
            string name = colon < 0 ? "" : word[..colon], value = word[(colon + 1)..];
            if (IsMistaken(name))
                error ??= $"{name}: is no filter; those are {Names}";
            else if (!IsName(name))
                words = words with { Texts = [.. words.Texts, word], Typed = [.. words.Typed, word] };
            else if (words.With(name, value, out string expected) is FilterWords more)
                words = more with { Typed = [.. more.Typed, word] };
            else
                error ??= $"{name}:{value} is not {expected}";
        }
        return error;
    }

    /// <summary>The words, as they were typed, that count on a page where these names mean something; free words do on each.</summary>
    public string On(string names) => string.Join(' ', Typed.Where(word => IsOn(word, names)));

    /// <summary>Those that do not count there.</summary>
    public string NotOn(string names) => string.Join(' ', Typed.Where(word => !IsOn(word, names)));

    private static bool IsOn(string word, string names)
    {
        string name = word.Split(':')[0];
        return name.Length == word.Length || !IsName(name) || names.Split(' ').Contains(name);
    }

    /// <summary>Whether every free word stands somewhere in these, in whatever case.</summary>
    public bool IsIn(params ReadOnlySpan<string> texts)
    {
        foreach (string wanted in Texts)
        {
            bool isFound = false;
            foreach (string text in texts)
                isFound |= text.Contains(wanted, StringComparison.OrdinalIgnoreCase);
            if (!isFound)
                return false;
        }
        return true;
    }

    private const string Names = "port lport rport host pid comm netns cgroup family min-lifetime state role";

    /// <summary>Addresses hold colons, too: only what begins with a name is a word with a name.</summary>
    public static bool IsName(string name) => name
        is "port" or "lport" or "rport" or "host" or "pid" or "comm" or "netns" or "cgroup" or "family" or "min-lifetime" or "state" or "role";

    /// <summary>A word, and no beginning of an address: a colon comes after it as after a name.</summary>
    private static bool IsMistaken(string name) =>
        name.Length > 1 && !IsName(name) && name.All(c => char.IsAsciiLetterLower(c) || c == '-') && !name.All(char.IsAsciiHexDigit);

    private FilterWords? With(string name, string value, out string expected)
    {
        expected = "";
        switch (name)
        {
            case "port" or "lport" or "rport":
                expected = "a port number from 1 to 65535";
                return Number(value, ushort.MaxValue) is ulong port ? WithPort(name, (ushort)port) : null;
            case "host":
                bool isPrefix = CidrPrefix.TryParse(value, out CidrPrefix prefix, out _);
                expected = "an address or a prefix, such as 10.0.0.0/8 or 2001:db8::1";
                return isPrefix ? this with { Filter = Filter with { Host = prefix } } : null;
            case "pid":
                expected = "a process id from 1 to 4194304";
                return Number(value, 1 << 22) is ulong pid ? this with { Filter = Filter with { Pid = (uint)pid } } : null;
            case "comm":
                expected = "a process name, such as mysqld or php*";
                return value.Length > 0 ? this with { Filter = Filter with { Comm = new CommGlob(value) } } : null;
            case "netns":
                expected = "an inode number, a path, pid:N, or a name that `ip netns` lists";
                return NetworkNamespace.TryResolve(value, out uint netns, out _) ? this with { Filter = Filter with { Netns = netns } } : null;
            case "cgroup":
                expected = "the id of a cgroup";
                return Number(value, ulong.MaxValue) is ulong cgroup ? this with { Filter = Filter with { Cgroup = cgroup } } : null;
            case "family":
                expected = "4 or 6";
                return value is "4" or "6"
                    ? this with { Filter = Filter with { Family = value == "4" ? IpFamily.IPv4 : IpFamily.IPv6 } }
                    : null;
            case "min-lifetime":
                expected = DurationText.Expected;
                return DurationText.Parse(value) is TimeSpan least ? this with { Filter = Filter with { MinLifetime = least } } : null;
            case "state":
                expected = "a state, such as ESTABLISHED or TIME_WAIT";
                return TcpStates.Parse(value) is TcpState state ? this with { State = state } : null;
            default:
                expected = "client, server, listener or unknown";
                return Enum.TryParse(value, ignoreCase: true, out Role role) && !char.IsAsciiDigit(value[0]) ? this with { Role = role } : null;
        }
    }

    private FilterWords WithPort(string name, ushort port) => this with
    {
        Filter = name switch
        {
            "lport" => Filter with { Lport = port },
            "rport" => Filter with { Rport = port },
            _ => Filter with { Port = port },
        },
    };

    private static ulong? Number(string text, ulong most) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value >= 1 && value <= most ? value : null;
}

using System.CommandLine;
using System.Globalization;
using System.Text;

namespace SockTrace.Help;

/// <summary>The man page, socktrace(1), in the macros of man(7).</summary>
internal sealed class ManPage
{
    private readonly StringBuilder _text = new();

    private ManPage(Command root)
    {
        OptionGroup[] shared = SharedGroups(root);
        Line($""".TH SOCKTRACE 1 {Date()} "socktrace {Escaped(ProgramVersion.Text)}" "User Commands" """.TrimEnd());
        // Neither cut words nor stretched lines.
        Line(".nh");
        Line(".ad l");
        Line(".SH NAME");
        Line(@"socktrace \- trace the life of every TCP connection of this host");
        Line(".SH SYNOPSIS");
        foreach ((int i, Command verb) in root.Verbs.Index())
        {
            if (i > 0)
                Line(".br");
            Usage(verb);
        }
        Line(".SH DESCRIPTION");
        Text(root.About);
        Line(".PP");
        Text("What it is to do is said by a verb. `socktrace VERB --help` shows the options and examples of one.");
        foreach (OptionGroup group in root.Sections)
            Options(group);
        Line(".SH VERBS");
        foreach (Command verb in root.Verbs)
            Verb(verb, shared);
        foreach (OptionGroup group in shared)
        {
            Line($".SH {Escaped(group.Title.ToUpperInvariant())}");
            Text($"Options of {Listed(root.Verbs.Where(verb => verb.Sections.Any(group.IsSameAs)).Select(verb => verb.Name))}.");
            Options(group);
        }
        Line(".SH EXIT STATUS");
        foreach ((int code, string meaning) in ExitCode.All)
            Item($@"\fB{code}\fR", Sentence(meaning));
        Line(".SH SIGNALS");
        Item(@"\fBSIGINT\fR, \fBSIGTERM\fR", "End a trace: what is queued is written. A second one, a second later or more, ends the process at once.");
        Item(@"\fBSIGHUP\fR", "With `record -o FILE`: open FILE anew if it was moved away or deleted, as logrotate(8) does. Elsewhere: end, as above.");
        Line(".SH ENVIRONMENT");
        Item(@"\fBNO_COLOR\fR", "Where it is set and not empty, nothing is shown in colour.");
        Item(@"\fBCOLORTERM\fR, \fBTERM\fR", "How many colours the full screen has: 16 where COLORTERM is set or TERM names as many or more, none where TERM is of a terminal without colours, such as a vt100, and else 8.");
        Item(@"\fBLC_ALL\fR, \fBLC_CTYPE\fR, \fBLANG\fR", "The first that is set says whether the full screen may use signs beyond ASCII: where it names UTF-8.");
        Line(".SH FILES");
        Item(@"\fI/sys/kernel/btf/vmlinux\fR", "The types of this kernel, which the BPF program needs.");
        Item(@"\fI/proc/net/tcp\fR, \fI/proc/net/tcp6\fR", "What `--source proc` reads, in every network namespace that a process shows.");
        Item(@"\fI/proc/sys/net/ipv4/ip_local_port_range\fR", "The ports that connect(2) chooses from, and so the size of each pool.");
        Line(".SH SEE ALSO");
        Line(@"\fBss\fR(8), \fBip\-netns\fR(8), \fBbpftool\fR(8), \fBtcp\fR(7), \fBproc\fR(5)");
    }

    public static string Of(Command root) => new ManPage(root)._text.ToString();

    private void Verb(Command verb, OptionGroup[] shared)
    {
        Line($".SS {Escaped(verb.Name)}");
        Text(verb.About);
        Line(".PP");
        Usage(verb);
        foreach (Argument argument in verb.Arguments)
            Item($@"\fI{Escaped(argument.Name)}\fR", argument.Description ?? "");
        // The first are its own, and need no heading.
        foreach ((int i, OptionGroup group) in verb.Sections.Where(group => !shared.Any(group.IsSameAs)).Index())
        {
            if (i > 0)
                Heading(group.Title);
            Options(new OptionGroup(group.Title, [.. group.Options.Where(option => !option.Recursive)]));
        }
        string[] elsewhere = [.. shared.Where(group => verb.Sections.Any(group.IsSameAs)).Select(group => group.Title.ToUpperInvariant())];
        if (elsewhere.Length > 0)
        {
            Line(".PP");
            Text($"Also the options under {Listed(elsewhere)}.");
        }
        if (verb.Examples.Count > 0)
            Heading("Examples");
        foreach (Example example in verb.Examples)
        {
            Line(".PP");
            Text($"{example.Purpose}:");
            Line(".PP");
            Line(".RS 4");
            Line(".EX");
            Text(example.CommandLine);
            Line(".EE");
            Line(".RE");
        }
    }

    private void Usage(Command verb) =>
        Line($@"\fBsocktrace {Escaped(verb.Name)}\fR {Escaped(verb.Usage[$"socktrace {verb.Name} ".Length..])}");

    private void Options(OptionGroup group)
    {
        foreach (Option option in group.Options)
        {
            string names = string.Join(", ", option.Names.Select(name => $@"\fB{Escaped(name)}\fR"));
            Item(option.ShownValue is string value ? $@"{names} \fI{Escaped(value)}\fR" : names, option.Text);
        }
    }

    private void Item(string tag, string text)
    {
        Line(".TP");
        Line(tag);
        Text(text);
    }

    private void Heading(string title)
    {
        Line(".PP");
        Line($@"\fB{Escaped(title)}\fR");
    }

    /// <summary>A line of text that begins like a request gets something without width before it.</summary>
    private void Text(string text) => Line((text.StartsWith('.') ? @"\&" : "") + Escaped(text));

    private void Line(string line) => _text.Append(line).Append('\n');

    /// <summary>groff_char(7): what else would come out as a typographer's sign, and cannot be copied to a shell.</summary>
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (char c in text)
        {
            escaped.Append(c switch
            {
                '\\' => @"\e",
                '-' => @"\-",
                '\'' => @"\(aq",
                '"' => @"\(dq",
                '`' => @"\(ga",
                '^' => @"\(ha",
                '~' => @"\(ti",
                _ => c.ToString(),
            });
        }
        return escaped.ToString();
    }

    /// <summary>Groups that are the same in several verbs, and are described once.</summary>
    private static OptionGroup[] SharedGroups(Command root)
    {
        OptionGroup[] all = [.. root.Verbs.SelectMany(verb => verb.Sections.Skip(1))];
        return [.. all.Where((group, i) => all.Count(group.IsSameAs) > 1 && Array.FindIndex(all, group.IsSameAs) == i)];
    }

    private static string Listed(IEnumerable<string> names) =>
        names.ToArray() is [.. string[] most, string last] && most.Length > 0 ? $"{string.Join(", ", most)} and {last}" : string.Join("", names);

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}.";

    /// <summary>Of the source, if the build says it (reproducible-builds.org), else of today.</summary>
    private static string Date()
    {
        DateTimeOffset date = long.TryParse(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH"), NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.UtcNow;
        return date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }
}

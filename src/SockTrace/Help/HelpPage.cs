using System.CommandLine;
using System.CommandLine.Invocation;
using SockTrace.Reporting;

namespace SockTrace.Help;

/// <summary>What <c>--help</c> shows, of a verb or of the whole program, 80 columns wide.</summary>
internal sealed class HelpPage : SynchronousCommandLineAction
{
    private const int Columns = 80;

    /// <summary>Columns of the names of options; longer ones have a line to themselves.</summary>
    private const int MaxNames = 28;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.Write(Of(parseResult.CommandResult.Command));
        return ExitCode.Done;
    }

    public static string Of(Command command)
    {
        var page = new TextPage(Columns);
        page.Paragraph(command.About, "", "");
        page.Heading($"Usage: {command.Usage}");
        if (command.Arguments.Count > 0)
            Rows(page, "Arguments", command.Arguments.Select(argument => (argument.Name, argument.Description ?? "")));
        if (command.Verbs.Any())
            Rows(page, "Verbs", command.Verbs.Select(verb => (verb.Name, verb.Description ?? "")));
        if (command is RootCommand)
            Examples(page, "Start here", command.Verbs.SelectMany(verb => verb.Examples.Take(1)));
        int width = Width(command.AllOptions.Select(NamesOf));
        foreach (OptionGroup group in command.Sections)
            Rows(page, group.Title, group.Options.Select(option => (NamesOf(option), option.Text)), width);
        Examples(page, "Examples", command.Examples);
        if (command is RootCommand)
        {
            Rows(page, "Exit status", ExitCode.All.Select(exit => ($"{exit.Code}", exit.Meaning)));
            page.Heading("More: socktrace VERB --help; man socktrace");
        }
        return page.ToString();
    }

    private static void Rows(TextPage page, string title, IEnumerable<(string Name, string Text)> rows) =>
        Rows(page, title, rows, Width(rows.Select(row => row.Name)));

    private static void Rows(TextPage page, string title, IEnumerable<(string Name, string Text)> rows, int width)
    {
        page.Heading($"{title}:");
        string indent = new(' ', width + 4);
        foreach ((string name, string text) in rows)
        {
            if (name.Length > width)
                page.Line($"  {name}");
            page.Paragraph(text, name.Length > width ? indent : $"  {name.PadRight(width)}  ", indent);
        }
    }

    private static void Examples(TextPage page, string title, IEnumerable<Example> examples)
    {
        if (examples.Any())
            page.Heading($"{title}:");
        foreach (Example example in examples)
        {
            page.Line($"  {example.Purpose}:");
            page.Line($"    {example.CommandLine}");
        }
    }

    private static int Width(IEnumerable<string> names) => names.Where(name => name.Length <= MaxNames).Max(name => name.Length);

    /// <summary>Long names stand below each other, whether there is a short one or not.</summary>
    private static string NamesOf(Option option) =>
        (option.Names[0].StartsWith("--", StringComparison.Ordinal) ? "    " : "") + string.Join(", ", option.Names)
        + (option.ShownValue is string value ? $" {value}" : "");
}

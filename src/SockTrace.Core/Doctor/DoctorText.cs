using System.Text;
using SockTrace.Reporting;

namespace SockTrace.Doctor;

/// <summary>The doctor's report for people: a line for each check, under it what it costs and what to do.</summary>
internal static class DoctorText
{
    private const int Width = 80;
    private const string Indent = "         ";

    private static readonly (string Status, string Colour)[] Colours =
        [(Check.Ok, "\e[32m"), (Check.Limited, "\e[33m"), (Check.Missing, "\e[31m")];

    /// <param name="diagnosis">What the facts mean.</param>
    /// <param name="colour">Whether the statuses are coloured.</param>
    /// <returns>UTF-8.</returns>
    public static byte[] Write(Diagnosis diagnosis, bool colour)
    {
        var page = new TextPage(Width);
        foreach (Check check in diagnosis.Checks)
        {
            page.Paragraph(check.What, check.Status.PadRight(Indent.Length), Indent);
            if (check.Cost is not null)
                page.Paragraph(check.Cost, Indent + "  ", Indent + "  ");
            if (check.Remedy is not null)
                page.Paragraph(check.Remedy, Indent + "  -> ", Indent + "     ");
            if (check.Command is not null)
                page.Line($"{Indent}     {check.Command}");
        }
        if (diagnosis.Grants.Count > 0)
            page.Heading("Without root, by capabilities of the program's file:");
        foreach (Grant grant in diagnosis.Grants)
        {
            page.Line($"  {grant.Command}");
            page.Paragraph(grant.Gives, "    ", "    ");
        }
        page.Line();
        page.Paragraph(diagnosis.Verdict.Text, "", "");
        return colour ? Coloured(page.ToUtf8()) : page.ToUtf8();
    }

    private static byte[] Coloured(byte[] page)
    {
        string[] lines = Encoding.UTF8.GetString(page).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            foreach ((string status, string colour) in Colours)
            {
                if (lines[i].StartsWith(status + " ", StringComparison.Ordinal))
                    lines[i] = $"{colour}{status}\e[0m{lines[i][status.Length..]}";
            }
        }
        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }
}

using SockTrace.Output;
using SockTrace.Reading;

namespace SockTrace.Reporting;

/// <summary>What must be known before a report's numbers are believed.</summary>
internal static class Notes
{
    public static IReadOnlyList<Note> Of(ReportBuilder builder) =>
        [.. builder.Traces.SelectMany(OfTrace), .. OfTogether(builder)];

    private static IEnumerable<Note> OfTrace(TraceSummary trace)
    {
        string name = string.Join(", ", trace.Files.Select(TraceFile.Show));
        if (trace.Header is null)
            yield return new Note("no-header", $"{name} has no header: host, source and settings are not known, and more of its begin may be missing.");
        if (trace.Header is { Schema: > FirstLine.Schema } header)
            yield return new Note("newer-schema", $"{name} is of schema {header.Schema}, newer than this program's {FirstLine.Schema}: what it does not know is left out.");
        if (trace.Lost.All > 0)
            yield return new Note("lost", $"{name}: {trace.Lost.All} events were lost (ring {trace.Lost.Ring}, kernel {trace.Lost.Kernel}, queue {trace.Lost.Queue}, table {trace.Lost.Table}); counts are too low by about that.");
        if (trace.Malformed > 0)
            yield return new Note("malformed", $"{name}: {Words.Count(trace.Malformed, "line")} of {trace.Lines} could not be read and were left out.");
        if (trace.IsTorn)
            yield return new Note("torn", $"{name} ends within a line: its tracer was killed, its disk was full, or it is being written.");
        if (trace.IsContinued)
            yield return new Note("continued", $"{name} goes on in another file, which was not given: connections may have closed there.");
        else if (!trace.IsComplete)
            yield return new Note("no-end", $"{name} has no end: the tracer was killed or still runs, so connections may have closed later, and its own count of losses is missing.");
        if (!string.IsNullOrEmpty(trace.Header?.Filters))
            yield return new Note("filters", $"{name} was recorded with {trace.Header.Filters}: {WhatIsLeftOut(trace.Header.Filters)}");
        if (trace.Header is { TimeWait: "inferred" })
            yield return new Note("inferred", $"{name}: TIME_WAIT was inferred and not measured (source {trace.Header.Source}).");
        if (trace.Header is { Source: not (null or "bpf") })
            yield return new Note("polled", $"{name} was polled (source {trace.Header.Source}): short connections are missing, and times are true to the poll interval.");
        if (trace.ClockSteps > 0)
            yield return new Note("clock", $"{name}: the wall clock was set back {Words.Count(trace.ClockSteps, "time")}, by up to {Words.Duration(trace.LargestClockStepNs)}; durations are not affected, time lines are.");
        if (trace.NotFollowed > 0)
            yield return new Note("not-followed", $"{name}: more connections were open at once than this report follows; {trace.NotFollowed} of them are not among those open at the end.");
        foreach (AuditRecord audit in trace.Audit)
        {
            string[] differing = [.. audit.Kernel.Where(counter => audit.Trace.GetValueOrDefault(counter.Key) != counter.Value)
                .Select(counter => $"{counter.Key} {counter.Value} against {audit.Trace.GetValueOrDefault(counter.Key)}")];
            if (differing.Length > 0 && audit.Because is null)
                yield return new Note("audit", $"{name}: in network namespace {audit.Netns} the kernel counted otherwise than the trace: {string.Join(", ", differing)}.");
        }
    }

    /// <summary>Ports belong to their network namespace: where that is all that was asked for, none is missing.</summary>
    private static string WhatIsLeftOut(string filters) => filters.StartsWith("--netns ", StringComparison.Ordinal) && filters.LastIndexOf("--", StringComparison.Ordinal) == 0
        ? "other network namespaces, which have ports of their own, are not in it."
        : "other connections use the same ports and are not in it.";

    private static IEnumerable<Note> OfTogether(ReportBuilder builder)
    {
        foreach (IGrouping<string?, TraceSummary> boot in builder.Traces.Where(trace => trace.Header?.BootId is not null).GroupBy(trace => trace.Header!.BootId))
        {
            string[] hosts = [.. boot.Select(trace => trace.Host).Distinct()];
            if (hosts.Length > 1)
                yield return new Note("same-boot-id", $"The hosts {string.Join(" and ", hosts)} have the same boot id {boot.Key}: containers of one host, or copies of one machine. They are kept apart by name.");
        }
        foreach (IGrouping<(string, string?), TraceSummary> host in builder.Traces.GroupBy(trace => (trace.Host, trace.Header?.BootId)))
        {
            TraceSummary[] traces = [.. host.OrderBy(trace => trace.BeginNs)];
            TraceSummary longest = traces[0];
            foreach (TraceSummary trace in traces[1..])
            {
                if (trace.BeginNs < longest.EndNs)
                    yield return new Note("overlap", $"{TraceFile.Show(longest.Files[0])} and {TraceFile.Show(trace.Files[0])} are of the same host and the same time: connections that are in both are counted twice.");
                if (trace.EndNs > longest.EndNs)
                    longest = trace;
            }
        }
        foreach (Grouping grouping in builder.Groupings.Where(grouping => grouping.GivenAway > 0))
            yield return new Note("merged-groups", $"By {grouping.By.ToString().ToLowerInvariant()} there are more groups than a report holds: {grouping.GivenAway} small ones are put together.");
        if (builder.PoolsGivenAway > 0)
            yield return new Note("pools", $"There are more pools than a report holds: {builder.PoolsGivenAway} small ones are left out.");
    }
}

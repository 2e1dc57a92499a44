namespace SockTrace.Doctor;

/// <summary>The last line.</summary>
/// <param name="Works">Whether tracing by bpf works: exit code 0.</param>
/// <param name="Source">What `auto` takes: bpf or proc; null where there is none.</param>
/// <param name="TimeWait">measured or inferred, as the trace's header will say; null where there is no source.</param>
/// <param name="Text">The same in words.</param>
internal sealed record Verdict(bool Works, string? Source, string? TimeWait, string Text);

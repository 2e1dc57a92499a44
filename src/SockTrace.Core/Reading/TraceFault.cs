namespace SockTrace.Reading;

/// <summary>A line of a trace that cannot be used.</summary>
/// <param name="File">As the user gave it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="IsTorn">Whether it is the end of a file that was cut off: no damage, but the way of the world.</param>
internal readonly record struct TraceFault(string File, long Line, string Reason, bool IsTorn = false)
{
    public override string ToString() => VisibleText.Of($"{File}:{Line}: {Reason}");
}

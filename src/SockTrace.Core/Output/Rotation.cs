namespace SockTrace.Output;

/// <summary>When a file is put aside, and a new one begun.</summary>
/// <param name="Bytes">When it has as many, compressed if it is.</param>
/// <param name="Interval">When it is as old.</param>
/// <param name="Keep">How many are kept aside; null keeps all.</param>
internal sealed record Rotation(long? Bytes, TimeSpan? Interval, int? Keep)
{
    public bool IsDue(long bytes, TimeSpan age) => bytes >= Bytes || age >= Interval;
}

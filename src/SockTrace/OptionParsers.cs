using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using SockTrace.Bpf;
using SockTrace.Filters;
using SockTrace.Host;
using SockTrace.Replay;

namespace SockTrace;

/// <summary>From an option's text to its value, or to an error that quotes it and says what would be right.</summary>
internal static class OptionParsers
{
    private const long MinRotationBytes = 64 << 10;
    private static readonly TimeSpan MinRotationInterval = TimeSpan.FromSeconds(1), MinWatchInterval = TimeSpan.FromMilliseconds(100),
        MinStatsInterval = TimeSpan.FromSeconds(1);

    private static readonly (string Suffix, long Bytes)[] SizeUnits =
        [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("B", 1)];

    public static ushort? Port(ArgumentResult result) =>
        (ushort?)Number(result, 1, ushort.MaxValue, "a port number from 1 to 65535");

    public static uint? Pid(ArgumentResult result) =>
        (uint?)Number(result, 1, 1 << 22, "a process id from 1 to 4194304");

    public static int MaxConnections(ArgumentResult result) =>
        (int?)Number(result, 1, 1 << 24, "a number from 1 to 16777216") ?? 0;

    public static CidrPrefix? Host(ArgumentResult result)
    {
        if (CidrPrefix.TryParse(Text(result), out CidrPrefix prefix, out string error))
            return prefix;
        result.AddError($"{NameOf(result)} {Quoted(Text(result))}: {error}; for example 10.0.0.0/8, 2001:db8::/32 or 127.0.0.1");
        return null;
    }

    public static CommGlob? Comm(ArgumentResult result) =>
        Text(result).Length > 0 ? new CommGlob(Text(result)) : Fail<CommGlob?>(result, "a process name, such as mysqld or php*");

    public static TimeSpan? Duration(ArgumentResult result) => DurationText.Parse(Text(result))
        ?? Fail<TimeSpan?>(result, DurationText.Expected);

    public static TimeSpan? StatsInterval(ArgumentResult result) =>
        DurationText.Parse(Text(result)) is TimeSpan interval && interval >= MinStatsInterval ? interval
        : Fail<TimeSpan?>(result, "a time from 1s to 10000h, such as 10s (a bare number is seconds)");

    /// <summary>Without a value it is null.</summary>
    public static TimeSpan? WatchInterval(ArgumentResult result) => result.Tokens.Count == 0 ? null
        : DurationText.Parse(Text(result)) is TimeSpan interval && interval >= MinWatchInterval ? interval
        : Fail<TimeSpan?>(result, "a time from 100ms to 10000h, such as 5s (a bare number is seconds)");

    /// <returns>From 0 to 1.</returns>
    public static double? Percentage(ArgumentResult result)
    {
        string text = Text(result);
        return double.TryParse(text.EndsWith('%') ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent)
            && percent is >= 0 and <= 100
                ? percent / 100
                : Fail<double?>(result, "a share from 0% to 100%, such as 80%");
    }

    public static uint? Buffer(ArgumentResult result) =>
        SizeOf(Text(result)) is long bytes and >= BpfSource.MinRingBytes and <= BpfSource.MaxRingBytes
            ? BitOperations.RoundUpToPowerOf2((uint)bytes)
            : Fail<uint?>(result, "a size from 64KiB to 2GiB, such as 65536, 512KiB or 16MiB");

    /// <summary>A size or a time, and always with its unit: a bare number could be either.</summary>
    public static (long? Bytes, TimeSpan? Interval) Rotate(ArgumentResult result)
    {
        string text = Text(result);
        if (text.Length > 0 && !char.IsAsciiDigit(text[^1]))
        {
            if (SizeOf(text) is long bytes and >= MinRotationBytes)
                return (bytes, null);
            if (DurationText.Parse(text) is TimeSpan interval && interval >= MinRotationInterval)
                return (null, interval);
        }
        return Fail<(long?, TimeSpan?)>(result, "a size of at least 64KiB, such as 100MiB, or a time from 1s to 10000h, such as 1h");
    }

    public static int? Keep(ArgumentResult result) => (int?)Number(result, 1, 1_000_000, "a number from 1 to 1000000");

    public static uint? Netns(ArgumentResult result)
    {
        // A lower number would match nothing, and nobody would know why.
        if (NetworkNamespace.TryResolve(Text(result), out uint inode, out string error, NetworkNamespace.LowestInode))
            return inode;
        result.AddError($"{NameOf(result)} {Quoted(Text(result))}: {error}");
        return null;
    }

    public static ulong? Cgroup(ArgumentResult result)
    {
        string text = Text(result);
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong id) && id > 0)
            return id;
        if (text.Contains('/', StringComparison.Ordinal) && FileSystem.IsCgroup2(text) && FileSystem.InodeOf(text) is ulong inode)
            return inode;
        return Fail<ulong?>(result, "a cgroup's id, or the path of a folder of a cgroup2 file system, such as /sys/fs/cgroup/system.slice");
    }

    public static string? OutputPath(ArgumentResult result) =>
        Text(result).Length > 0 ? Text(result) : Fail<string?>(result, "the name of a file");

    public static double? Speed(ArgumentResult result) => Text(result) switch
    {
        "max" => double.PositiveInfinity,
        string text when double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double speed)
            && speed is >= 0.001 and <= 1e6 => speed,
        _ => Fail<double?>(result, "a number from 0.001 to 1000000, or max"),
    };

    public static TraceTime? Moment(ArgumentResult result) =>
        DurationText.Parse(Text(result)) is TimeSpan since ? new TraceTime(since.Ticks * TimeSpan.NanosecondsPerTick, IsSinceBegin: true)
            : TraceTime.Parse(Text(result)) ?? Fail<TraceTime?>(result, "a time such as 2026-11-23T10:12:13Z, or how long after the trace's begin, such as 90s");

    /// <returns>Bytes; null where it is no size.</returns>
    private static long? SizeOf(string text)
    {
        (string suffix, long unit) = SizeUnits.FirstOrDefault(
            size => text.EndsWith(size.Suffix, StringComparison.Ordinal), ("", 1));
        return long.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.None,
                CultureInfo.InvariantCulture, out long value)
            && value <= long.MaxValue / unit
                ? value * unit
                : null;
    }

    private static long? Number(ArgumentResult result, long least, long most, string expected) =>
        long.TryParse(Text(result), NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value >= least && value <= most
            ? value
            : Fail<long?>(result, expected);

    /// <summary>Adds the error that quotes the text, and says what would be right.</summary>
    public static T? Fail<T>(ArgumentResult result, string text, string expected)
    {
        result.AddError($"{NameOf(result)} {Quoted(text)}: not {expected}");
        return default;
    }

    private static T? Fail<T>(ArgumentResult result, string expected) => Fail<T>(result, Text(result), expected);

    private static string Text(ArgumentResult result) => result.Tokens.Count == 1 ? result.Tokens[0].Value : "";

    private static string Quoted(string text) => text.Length > 0 ? text : "''";

    private static string NameOf(ArgumentResult result) => ((OptionResult)result.Parent!).Option.Name;
}

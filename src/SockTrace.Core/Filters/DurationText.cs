using System.Globalization;

namespace SockTrace.Filters;

/// <summary>How long, as people write it.</summary>
internal static class DurationText
{
    /// <summary>What is right, for error messages.</summary>
    public const string Expected = "a time above 0 and up to 10000h, such as 30s, 500ms or 2m (a bare number is seconds)";

    private static readonly (string Suffix, double Seconds)[] Units =
        [("ms", 1e-3), ("us", 1e-6), ("s", 1), ("m", 60), ("h", 3600)];

    /// <returns>Null where it is no time above 0 and up to 10000 hours.</returns>
    public static TimeSpan? Parse(string text)
    {
        (string suffix, double seconds) = Units.FirstOrDefault(unit => text.EndsWith(unit.Suffix, StringComparison.Ordinal), ("", 1));
        return double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture, out double value)
            && value * seconds is > 0 and <= 10_000 * 3600.0
                ? TimeSpan.FromSeconds(value * seconds)
                : null;
    }
}

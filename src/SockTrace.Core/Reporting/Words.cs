using System.Globalization;

namespace SockTrace.Reporting;

/// <summary>Numbers in sentences.</summary>
internal static class Words
{
    private static readonly (string Unit, double Ns)[] Units = [("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9)];

    /// <summary>At most one decimal.</summary>
    public static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>At most two decimals: 470.55.</summary>
    public static string Rate(double perSecond) => perSecond.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Three significant digits: 950 ns, 1.23 ms, 60.0 s, 2.50 h.</summary>
    public static string Duration(long ns)
    {
        if (ns >= 1e9 * 3600 * 100)
            return Significant(ns / 1e9 / 86400) + " d";
        if (ns >= 1e9 * 6000)
            return Significant(ns / 1e9 / 3600) + " h";
        (string unit, double size) = Units.Last(unit => ns >= unit.Ns || unit.Ns == 1);
        return unit == "ns" ? $"{ns} ns" : $"{Significant(ns / size)} {unit}";
    }

    /// <summary>Three significant digits, powers of 1000: 120 B, 3.40 kB, 1.20 MB.</summary>
    public static string Bytes(ulong bytes) => bytes switch
    {
        < 1000 => $"{bytes} B",
        < 1_000_000 => Significant(bytes / 1e3) + " kB",
        < 1_000_000_000 => Significant(bytes / 1e6) + " MB",
        < 1_000_000_000_000 => Significant(bytes / 1e9) + " GB",
        _ => Significant(bytes / 1e12) + " TB",
    };

    public static string Count(long count, string one) =>
        count == 1 ? $"1 {one}" : string.Create(CultureInfo.InvariantCulture, $"{count} {one}s");

    public static string Share(long part, long whole) => whole == 0 ? "0 %" : Number(100.0 * part / whole) + " %";

    /// <summary>Those that are known.</summary>
    public static IReadOnlyDictionary<string, object> Evidence(params (string Name, object? Value)[] numbers) =>
        numbers.Where(number => number.Value is not null).ToDictionary(number => number.Name, number => number.Value!);

    private static string Significant(double value) =>
        value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SockTrace.Bpf;
using SockTrace.Events;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Bpf;

/// <summary>bpf/socktrace.h against its C# mirror, by the BTF in the object that is embedded.</summary>
public sealed class WireLayoutTests : IDisposable
{
    /// <summary>Every type of socktrace.h. A new one there must be added, see the last test.</summary>
    private static readonly Dictionary<string, Type> Mirrors = new()
    {
        ["socktrace_event"] = typeof(TcpEvent),
        ["socktrace_config"] = typeof(BpfConfig),
        ["socktrace_counts"] = typeof(BpfCounts),
        ["socktrace_function"] = typeof(BpfFunction),
        ["socktrace_symbols"] = typeof(BpfSymbols),
        ["socktrace_kind"] = typeof(EventKind),
        ["socktrace_family"] = typeof(IpFamily),
        ["socktrace_flags"] = typeof(EventFlags),
    };

    private readonly Btf _btf = new(Paths.BpfObject);

    public void Dispose() => _btf.Dispose();

    [Theory]
    [InlineData("socktrace_event")]
    [InlineData("socktrace_config")]
    [InlineData("socktrace_counts")]
    [InlineData("socktrace_function")]
    [InlineData("socktrace_symbols")]
    public void EveryFieldHasTheNameOffsetAndSizeThatTheObjectHas(string name)
    {
        Type mirror = Mirrors[name];
        (int size, (string Name, int Offset, int Size)[] members) = _btf.Struct(name);
        var fields = mirror.GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public)
            .Select(field => (SnakeCase(field.Name), (int)Marshal.OffsetOf(mirror, field.Name), SizeOf(field.FieldType)))
            .OrderBy(field => field.Item2);

        Assert.Equal(members, fields);
        Assert.Equal(size, SizeOf(mirror));
    }

    [Theory]
    [InlineData("socktrace_kind", "SOCKTRACE_KIND_")]
    [InlineData("socktrace_family", "SOCKTRACE_FAMILY_")]
    [InlineData("socktrace_flags", "SOCKTRACE_FLAG_")]
    public void EveryEnumValueIsTheObjects(string name, string prefix)
    {
        Type mirror = Mirrors[name];
        IEnumerable<KeyValuePair<string, long>> mirrored = Enum.GetNames(mirror)
            .Select(value => KeyValuePair.Create(prefix + SnakeCase(value).ToUpperInvariant(), Convert.ToInt64(Enum.Parse(mirror, value), null)))
            .Where(value => value.Value != 0);

        Assert.Equal(_btf.Enum(name).OrderBy(value => value.Value), mirrored.OrderBy(value => value.Value));
    }

    [Fact]
    public void AnEventIsOneHundredAndTwentyEightBytes() => Assert.Equal(TcpEvent.Size, Unsafe.SizeOf<TcpEvent>());

    [Fact]
    public void EveryTypeOfTheHeaderHasAMirror()
    {
        string header = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Paths.BpfObject)!, "..", "..", "bpf", "socktrace.h"));
        IEnumerable<string> declared = System.Text.RegularExpressions.Regex
            .Matches(header, @"^(?:struct|enum) (\w+) \{", System.Text.RegularExpressions.RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value);

        Assert.Equal(Mirrors.Keys.Order(), declared.Order());
    }

    private static int SizeOf(Type type) => type.IsEnum
        ? Marshal.SizeOf(Enum.GetUnderlyingType(type))
        : (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    private static string SnakeCase(string name) => name switch
    {
        "IPv4" => "ipv4",
        "IPv6" => "ipv6",
        _ => System.Text.RegularExpressions.Regex.Replace(name, "(?<!^)([A-Z])", "_$1").ToLowerInvariant(),
    };
}

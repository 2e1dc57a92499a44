using System.Runtime.InteropServices;

namespace SockTrace.Tests.Support;

/// <summary>The types in the BTF of an object file, or of the kernel, through the shared libbpf.</summary>
internal sealed unsafe partial class Btf : IDisposable
{
    private const uint KindStruct = 4, KindEnum = 6, KindFunction = 12;

    private readonly nint _btf;

    public Btf(string path)
    {
        _btf = btf__parse(path, null);
        Assert.NotEqual(0, _btf);
    }

    /// <summary>A struct's size, and its members' names, offsets and sizes, bytes.</summary>
    public (int Size, (string Name, int Offset, int Size)[] Members) Struct(string name)
    {
        uint* type = Find(name, KindStruct, out int count);
        var members = new (string, int, int)[count];
        for (int i = 0; i < count; i++)
        {
            uint* member = type + 3 + (i * 3); // struct btf_member: name, type, offset in bits
            // An anonymous union goes by its first member.
            uint nameOffset = member[0] != 0 ? member[0] : btf__type_by_id(_btf, member[1])[3];
            members[i] = (NameAt(nameOffset), (int)(member[2] / 8), (int)btf__resolve_size(_btf, member[1]));
        }
        return ((int)type[2], members);
    }

    /// <summary>An enum's names and values.</summary>
    public Dictionary<string, long> Enum(string name)
    {
        uint* type = Find(name, KindEnum, out int count);
        var values = new Dictionary<string, long>();
        for (int i = 0; i < count; i++)
            values.Add(NameAt(type[3 + (i * 2)]), (int)type[3 + (i * 2) + 1]); // struct btf_enum: name, value
        return values;
    }

    /// <summary>A function's id, and how many parameters it has.</summary>
    public (int Id, int Parameters) Function(string name)
    {
        uint* type = Find(name, KindFunction, out _);
        int id = btf__find_by_name_kind(_btf, name, KindFunction);
        return (id, (int)(btf__type_by_id(_btf, type[2])[1] & 0xFFFF)); // its type is its prototype
    }

    public void Dispose() => btf__free(_btf);

    private uint* Find(string name, uint kind, out int count)
    {
        int id = btf__find_by_name_kind(_btf, name, kind);
        Assert.True(id > 0, $"the BTF has no {name}");
        uint* type = btf__type_by_id(_btf, (uint)id); // struct btf_type: name, info, size
        count = (int)(type[1] & 0xFFFF);
        return type;
    }

    private string NameAt(uint offset) => Marshal.PtrToStringUTF8(btf__name_by_offset(_btf, offset))!;

    [LibraryImport("libbpf", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint btf__parse(string path, void* btfExt);

    [LibraryImport("libbpf")]
    private static partial void btf__free(nint btf);

    [LibraryImport("libbpf", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int btf__find_by_name_kind(nint btf, string name, uint kind);

    [LibraryImport("libbpf")]
    private static partial uint* btf__type_by_id(nint btf, uint id);

    [LibraryImport("libbpf")]
    private static partial long btf__resolve_size(nint btf, uint id);

    [LibraryImport("libbpf")]
    private static partial nint btf__name_by_offset(nint btf, uint offset);
}

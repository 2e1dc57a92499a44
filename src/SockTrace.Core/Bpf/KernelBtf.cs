using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SockTrace.Host;

namespace SockTrace.Bpf;

/// <summary>
/// The running kernel's types: its functions, with how many parameters, and what its structs have.
/// Looked up where the kernel shows them: btf__load_vmlinux_btf() reads, copies and indexes all of
/// it, for a dozen questions 18 ms of those from exec to attached, where this takes 4.
/// </summary>
/// <remarks>The format: include/uapi/linux/btf.h, Documentation/bpf/btf.rst.</remarks>
internal sealed unsafe class KernelBtf : IDisposable
{
    private const string Path = "/sys/kernel/btf/vmlinux";
    private const int HeaderSize = 24, TypeSize = 12;
    private const uint Magic = 0xEB9F;
    private const int KindStruct = 4, KindFunction = 12; // BTF_KIND_*
    private const uint NoName = uint.MaxValue; // no type's

    private readonly byte* _data;
    private readonly nuint _size;
    private readonly bool _isMapped;
    private readonly byte* _types;
    private readonly byte* _typesEnd;
    private readonly byte* _strings;
    private readonly int _stringsLength;

    /// <summary>Id and prototype's id of those functions asked for that there are.</summary>
    private readonly Dictionary<string, (int Id, int Prototype)> _functions = [];

    /// <param name="functions">Those that will be asked for: to look for all of them takes as long as for one.</param>
    /// <exception cref="BpfException">/sys/kernel/btf/vmlinux cannot be read, or is something else.</exception>
    public KernelBtf(params ReadOnlySpan<string> functions)
    {
        const string Operation = "read the kernel's BTF";
        try
        {
            using SafeFileHandle file = File.OpenHandle(Path);
            _size = (nuint)RandomAccess.GetLength(file);
            _data = Map(file, _size);
            _isMapped = _data is not null;
            if (!_isMapped)
                _data = ReadWhole(file, ref _size);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BpfException(Operation, e is UnauthorizedAccessException ? Errno.EACCES : e.HResult);
        }
        // struct btf_header: magic, version and flags, its own length, then of types and of strings where from there and how long.
        var header = (uint*)_data;
        ulong length = _size < HeaderSize ? 0 : header[1] + Math.Max((ulong)header[2] + header[3], (ulong)header[4] + header[5]);
        if (length == 0 || length > _size || (ushort)header[0] != Magic)
        {
            Dispose();
            throw new BpfException(Operation, Errno.EINVAL);
        }
        _types = _data + header[1] + header[2];
        _typesEnd = _types + header[3];
        _strings = _data + header[1] + header[4];
        _stringsLength = (int)header[5];
        FindFunctions(functions);
    }

    public bool HasFunction(string name) => _functions.ContainsKey(name);

    /// <returns>The type's id, or 0 where there is no such function.</returns>
    public int FunctionId(string name) => _functions.GetValueOrDefault(name).Id;

    /// <returns>How many parameters the function has; -1 where there is none.</returns>
    public int ParameterCount(string name)
    {
        // A function's type is its prototype, which has as many parameters as its info says.
        uint* prototype = _functions.TryGetValue(name, out (int Id, int Prototype) function) ? TypeOf(function.Prototype) : null;
        return prototype is null ? -1 : CountOf(prototype);
    }

    /// <summary>Whether a struct has a member of this name; not what is inside of others.</summary>
    public bool HasMember(string structure, string member)
    {
        uint name = NameOffset(member);
        uint* type = name == NoName ? null : FindStruct(structure);
        if (type is null)
            return false;
        // struct btf_member: name, type, offset.
        for (int i = 0; i < CountOf(type); i++)
        {
            if (type[3 + (3 * i)] == name)
                return true;
        }
        return false;
    }

    public void Dispose()
    {
        if (_isMapped)
            _ = LibBpf.munmap(_data, _size);
        else
            NativeMemory.Free(_data);
    }

    /// <summary>Since Linux 6.16; before, every 4 KiB of it take a read().</summary>
    private static byte* Map(SafeFileHandle file, nuint size)
    {
        const int Read = 1, Private = 2, Populate = 0x8000; // PROT_READ, MAP_PRIVATE, MAP_POPULATE
        nint data = LibBpf.mmap(0, size, Read, Private | Populate, file, 0);
        return data == -1 ? null : (byte*)data;
    }

    private static byte* ReadWhole(SafeFileHandle file, ref nuint size)
    {
        byte* data = (byte*)NativeMemory.Alloc(size);
        nuint length = 0;
        while (length < size && RandomAccess.Read(file, new Span<byte>(data + length, (int)(size - length)), (long)length) is int read and > 0)
            length += (nuint)read;
        size = length;
        return data;
    }

    private void FindFunctions(ReadOnlySpan<string> names)
    {
        Span<uint> offsets = stackalloc uint[names.Length];
        for (int i = 0; i < names.Length; i++)
            offsets[i] = NameOffset(names[i]);
        int id = 1;
        for (byte* at = _types; at < _typesEnd && _functions.Count < names.Length; at += Length((uint*)at), id++)
        {
            var type = (uint*)at;
            if (KindOf(type) == KindFunction && offsets.IndexOf(type[0]) is int which and >= 0)
                _functions.TryAdd(names[which], (id, (int)type[2]));
        }
    }

    /// <returns>The first of that name; null where there is none.</returns>
    private uint* FindStruct(string name)
    {
        uint nameOffset = NameOffset(name);
        for (byte* at = _types; at < _typesEnd && nameOffset != NoName; at += Length((uint*)at))
        {
            var type = (uint*)at;
            if (type[0] == nameOffset && KindOf(type) == KindStruct)
                return type;
        }
        return null;
    }

    private uint* TypeOf(int id)
    {
        for (byte* at = _types; at < _typesEnd; at += Length((uint*)at))
        {
            if (--id == 0)
                return (uint*)at;
        }
        return null;
    }

    /// <summary>Every name is there once: the strings are deduplicated when the kernel is built.</summary>
    /// <returns><see cref="NoName"/> where it is not.</returns>
    private uint NameOffset(string name)
    {
        int before = new ReadOnlySpan<byte>(_strings, _stringsLength).IndexOf(Encoding.UTF8.GetBytes($"\0{name}\0"));
        return before < 0 ? NoName : (uint)before + 1;
    }

    // struct btf_type: name, info, size or type; then what belongs to its kind.
    private static int KindOf(uint* type) => (int)(type[1] >> 24) & 0x1F;

    private static int CountOf(uint* type) => (int)(type[1] & 0xFFFF);

    private static int Length(uint* type) => TypeSize + KindOf(type) switch
    {
        1 or 14 or 17 => 4, // INT, VAR, DECL_TAG
        3 => 12, // ARRAY
        4 or 5 or 15 or 19 => 12 * CountOf(type), // STRUCT, UNION, DATASEC, ENUM64
        6 or 13 => 8 * CountOf(type), // ENUM, FUNC_PROTO
        _ => 0,
    };
}

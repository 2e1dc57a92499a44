using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SockTrace.Bpf;

/// <summary>The running kernel's types: its functions, with how many parameters, and what its structs have.</summary>
internal sealed unsafe class KernelBtf : SafeHandleZeroOrMinusOneIsInvalid
{
    private const uint KindStruct = 4, KindFunction = 12; // BTF_KIND_*, include/uapi/linux/btf.h

    /// <exception cref="BpfException">/sys/kernel/btf/vmlinux cannot be read.</exception>
    public KernelBtf()
        : base(ownsHandle: true) =>
        SetHandle(LibBpf.ThrowIfNull(LibBpf.btf__load_vmlinux_btf(), "read the kernel's BTF"));

    public bool HasFunction(string name) => FunctionId(name) > 0;

    /// <returns>The type's id, or a negative number where there is no such function.</returns>
    public int FunctionId(string name) => LibBpf.btf__find_by_name_kind(this, name, KindFunction);

    /// <returns>How many parameters the function has; -1 where there is none.</returns>
    public int ParameterCount(string name)
    {
        int id = FunctionId(name);
        if (id < 0)
            return -1;
        // struct btf_type: name, info, type; a function's type is its prototype, whose info tells the number.
        uint prototype = LibBpf.btf__type_by_id(this, (uint)id)[2];
        return (int)(LibBpf.btf__type_by_id(this, prototype)[1] & 0xFFFF);
    }

    /// <summary>Whether a struct has a member of this name; not what is inside of others.</summary>
    public bool HasMember(string structure, string member)
    {
        int id = LibBpf.btf__find_by_name_kind(this, structure, KindStruct);
        if (id < 0)
            return false;
        // struct btf_type: name, info, size; then a struct btf_member for each: name, type, offset.
        uint* type = LibBpf.btf__type_by_id(this, (uint)id);
        uint count = type[1] & 0xFFFF;
        for (uint i = 0; i < count; i++)
        {
            if (Marshal.PtrToStringUTF8((nint)LibBpf.btf__name_by_offset(this, type[3 + (3 * i)])) == member)
                return true;
        }
        return false;
    }

    protected override bool ReleaseHandle()
    {
        LibBpf.btf__free(handle);
        return true;
    }
}

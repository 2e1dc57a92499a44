using Microsoft.Win32.SafeHandles;

namespace SockTrace.Bpf;

/// <summary>The running kernel's types: which functions it has, and with how many parameters.</summary>
internal sealed unsafe class KernelBtf : SafeHandleZeroOrMinusOneIsInvalid
{
    private const uint KindFunction = 12; // BTF_KIND_FUNC, include/uapi/linux/btf.h

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

    protected override bool ReleaseHandle()
    {
        LibBpf.btf__free(handle);
        return true;
    }
}

using Microsoft.Win32.SafeHandles;

namespace SockTrace.Bpf;

/// <summary>A <c>struct bpf_object *</c> and all maps and programs in it.</summary>
internal sealed class BpfObjectHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <param name="elf">The object file; read during the call only.</param>
    /// <param name="name">Names the object's maps.</param>
    /// <exception cref="BpfException">It is not a BPF object, or the memory is out.</exception>
    public unsafe BpfObjectHandle(ReadOnlySpan<byte> elf, ReadOnlySpan<byte> name)
        : base(ownsHandle: true)
    {
        fixed (byte* bytes = elf)
        fixed (byte* nameBytes = name)
        {
            var opts = new LibBpf.bpf_object_open_opts
            {
                sz = (nuint)sizeof(LibBpf.bpf_object_open_opts),
                object_name = nameBytes,
            };
            SetHandle(LibBpf.ThrowIfNull(
                LibBpf.bpf_object__open_mem(bytes, (nuint)elf.Length, &opts), "open the embedded BPF object"));
        }
    }

    /// <exception cref="BpfException">The kernel refused a map or a program.</exception>
    public void Load() => LibBpf.ThrowIfError(LibBpf.bpf_object__load(this), "load the BPF program");

    public BpfProgram Program(string name) => new(this, name);

    public BpfMap Map(string name) => new(this, name);

    protected override bool ReleaseHandle()
    {
        LibBpf.bpf_object__close(handle);
        return true;
    }
}

using System.Runtime.InteropServices;

namespace SockTrace.Bpf;

/// <summary>A program of an object, borrowed from it.</summary>
internal readonly struct BpfProgram
{
    private readonly BpfObjectHandle _object;
    private readonly nint _program;

    /// <exception cref="BpfException">The object has no such program.</exception>
    public BpfProgram(BpfObjectHandle @object, string name)
    {
        _object = @object;
        Name = name;
        _program = LibBpf.ThrowIfNull(
            LibBpf.bpf_object__find_program_by_name(@object, name), $"find the BPF program {name}");
    }

    public string Name { get; }

    /// <summary>What it is attached to, and its name.</summary>
    public string Description => $"{Marshal.PtrToStringUTF8(LibBpf.bpf_program__section_name(_program))}: {Name}";

    /// <exception cref="BpfException">The kernel refused.</exception>
    public BpfLinkHandle Attach() =>
        new(_object, LibBpf.ThrowIfNull(LibBpf.bpf_program__attach(_program), $"attach the BPF program {Name}"));

    /// <summary>Leaves it out, before the object is loaded.</summary>
    public void LeaveOut() =>
        LibBpf.ThrowIfError(LibBpf.bpf_program__set_autoload(_program, false), $"leave out the BPF program {Name}");

    /// <summary>Makes an iterator's link, from which iterators are opened.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public unsafe BpfLinkHandle AttachIterator() =>
        new(_object, LibBpf.ThrowIfNull(LibBpf.bpf_program__attach_iter(_program, null), $"attach the BPF program {Name}"));

    /// <summary>
    /// How often the kernel did not run it, because it was running on that CPU already. 0 on
    /// kernels before 6.2, which run it all the same.
    /// </summary>
    public unsafe long ReadRecursionMisses()
    {
        var info = default(LibBpf.bpf_prog_info);
        uint length = (uint)sizeof(LibBpf.bpf_prog_info);
        LibBpf.ThrowIfError(LibBpf.bpf_obj_get_info_by_fd(LibBpf.bpf_program__fd(_program), &info, &length),
            $"read the counters of the BPF program {Name}");
        return (long)info.recursion_misses;
    }
}

namespace SockTrace.Bpf;

/// <summary>A map of an object, borrowed from it.</summary>
internal readonly unsafe struct BpfMap
{
    private readonly nint _map;

    /// <param name="object">Must outlive this.</param>
    /// <param name="name">The map's name, or its section's: <c>.rodata</c>.</param>
    /// <exception cref="BpfException">The object has no such map.</exception>
    public BpfMap(BpfObjectHandle @object, string name)
    {
        Name = name;
        _map = LibBpf.ThrowIfNull(LibBpf.bpf_object__find_map_by_name(@object, name), $"find the BPF map {name}");
    }

    public string Name { get; }

    /// <summary>Only after the object is loaded.</summary>
    public int Fd => LibBpf.bpf_map__fd(_map);

    /// <summary>Sets the number of entries, or a ring buffer's bytes, before the object is loaded.</summary>
    public void Resize(uint entries) =>
        LibBpf.ThrowIfError(LibBpf.bpf_map__set_max_entries(_map, entries), $"resize the BPF map {Name}");

    /// <summary>Fills the map of a data section, before the object is loaded.</summary>
    /// <exception cref="BpfException">The section's size is not that of <typeparamref name="T"/>.</exception>
    public void Initialise<T>(in T value)
        where T : unmanaged
    {
        fixed (T* pointer = &value)
            LibBpf.ThrowIfError(LibBpf.bpf_map__set_initial_value(_map, pointer, (nuint)sizeof(T)), $"set {Name}");
    }

    /// <summary>Writes the one row of an array, after the object is loaded.</summary>
    public void Write<T>(in T value)
        where T : unmanaged
    {
        uint key = 0;
        fixed (T* pointer = &value)
            LibBpf.ThrowIfError(LibBpf.bpf_map_update_elem(Fd, &key, pointer, 0), $"write the BPF map {Name}");
    }

    /// <summary>Reads the one row of a per-CPU array, as one value for each possible CPU.</summary>
    public void ReadPerCpu<T>(Span<T> values)
        where T : unmanaged
    {
        uint key = 0;
        fixed (T* pointer = values)
            LibBpf.ThrowIfError(LibBpf.bpf_map_lookup_elem(Fd, &key, pointer), $"read the BPF map {Name}");
    }
}
